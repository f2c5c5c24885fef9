import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WebBridges } from "../proxy/webBridges.ts";
import { UserError } from "../shared/userError.ts";
import { tokenProblem, type WebBridgeState } from "../shared/webBridge.ts";
import { Output } from "./output.ts";
import { watch } from "./watch.ts";
import { TOKEN_VARIABLE, type TokenSource, type WebBridgeOptions } from "./webBridgeArguments.ts";

const TOKEN_BYTES = 24;
const MAX_TOKEN_FILE_BYTES = 4_096;

/** Runs a web bridge until a signal, --count, or a reader that goes away. Resolves with the exit code. */
export async function webBridge(options: WebBridgeOptions): Promise<number> {
  let last: WebBridgeState | undefined;
  const code = await watch(options, async (engine) => {
    const { name, port, highWaterMark, timeoutMs } = options;
    const token = readToken(options.token, process.env[TOKEN_VARIABLE]);
    const bridges = new WebBridges(engine, { clientFolder: clientFolder(), onChange: () => undefined });
    const access = { ...options.access, token: token.text };
    const { url } = await bridges.start({ id: "cli", name, port, highWaterMark, timeoutMs, access });
    return {
      // Nobody could know a random token otherwise; one that was given stays where it is.
      told: `web bridge on ${url}${token.isRandom ? `/?token=${token.text}` : ""}`,
      messages: () => engine.ownCounters.messages,
      bytes: () => engine.ownCounters.bytes,
      stop: async () => {
        [last] = bridges.list();
        await bridges.dispose();
      },
    };
  });
  if (last !== undefined) await new Output(2).write(`${totals(last)}\n`);
  return code;
}

function totals({ messages, dropped, refused, timedOut }: WebBridgeState): string {
  return `${messages} messages, ${dropped} dropped, ${refused} refused, ${timedOut} timed out`;
}

type Token = { readonly text: string | null; readonly isRandom: boolean };

/** Throws a UserError, which repeats no token. */
function readToken(source: TokenSource, variable: string | undefined): Token {
  switch (source.kind) {
    case "none":
      return { text: null, isRandom: false };
    case "given":
      return { text: source.token, isRandom: false };
    case "file":
      return { text: checked(readTokenFile(source.file), source.file), isRandom: false };
    case "random":
      if (variable !== undefined && variable !== "")
        return { text: checked(variable, TOKEN_VARIABLE), isRandom: false };
      return { text: randomBytes(TOKEN_BYTES).toString("base64url"), isRandom: true };
  }
}

function readTokenFile(file: string): string {
  try {
    if (statSync(file).size <= MAX_TOKEN_FILE_BYTES) return readFileSync(file, "utf8").trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError("cannot-read-token", `The token file ${file} cannot be read: ${why}.`, { cause: error });
  }
  throw new UserError("cannot-read-token", `The token file ${file} is larger than a token. Name another file.`);
}

function checked(token: string, where: string): string {
  const problem = tokenProblem(token);
  if (problem === undefined) return token;
  throw new UserError("bad-token", `The token of ${where} cannot be used. ${problem}`);
}

/** Beside the bundle, or where the build puts it. */
function clientFolder(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return fileURLToPath(new URL(isSource ? "../../dist/web" : "web", import.meta.url));
}

import type { CallReading } from "../shared/calls.ts";
import type { CallSocket } from "../shared/model.ts";
import { readCall } from "./callReading.ts";
import type { Capture, KnownLink } from "./capture/capture.ts";
import type { DialectKeys } from "./dialectKeys.ts";
import { dialectNamed } from "./dialects/registry.ts";
import { dialectTools } from "./dialectTools.ts";
import { type CodeFormat, httpCode } from "./httpCode.ts";
import { javascriptBuffer, pythonBytes } from "./literals.ts";
import { shellText, shellWord } from "./shellWords.ts";

const TIMEOUT_MS = 5_000;

/** What a program has to know to make the call again. */
type Code = {
  readonly endpoint: string;
  readonly reading: CallReading;
  /** NULL, PLAIN or CURVE. */
  readonly mechanism: string;
};

/**
 * A program, or a command line, that makes the call of row `n` again: it connects to the same server with the same socket
 * type, sends the same with a fresh id and signature where the dialect has them, and waits for the reply. Keys and passwords are read from files that its user
 * has to name. `null` for what no connecting program sends, such as replies.
 */
export async function copyCode(
  capture: Capture,
  n: number,
  format: CodeFormat,
  keys: DialectKeys,
): Promise<string | null> {
  const raw = capture.row(n);
  if (raw?.kind !== "message" || raw.direction !== 0 || raw.link === null || !isSent(raw.link)) return null;
  const reading = await readCall(capture, n, null, keys);
  if (raw.link.mechanism === "HTTP") return httpCode(format, `http://${raw.link.info.server}`, reading.frames);
  const key = keys.of(raw.tapName);
  const code = {
    endpoint: endpointOf(raw.link.info.server),
    reading: { ...reading, frames: renewed(reading, key) },
    mechanism: raw.link.mechanism ?? "NULL",
  };
  return FORMATS[format](code);
}

const FORMATS: Readonly<Record<CodeFormat, (code: Code) => string>> = {
  python: pythonCode,
  javascript: javascriptCode,
  command: commandLine,
};

function isSent({ sockets }: KnownLink): boolean {
  return ["REQ", "DEALER", "PUSH", "PUB", "XPUB"].some((type) => type === sockets.client);
}

function endpointOf(address: string): string {
  return /^[a-z]+:\/\//.test(address) ? address : `tcp://${address}`;
}

/** As they are where the dialect cannot renew them. */
function renewed({ dialect, frames }: CallReading, key: Uint8Array | null): readonly Uint8Array[] {
  const again = dialectNamed(dialect)?.renew(frames, key, dialectTools);
  return again === undefined || "problem" in again ? frames : again.frames;
}

/** A publication is sent once somebody has subscribed to it, which only an XPUB hears of. */
const PYTHON_TYPES: Readonly<Record<CallSocket, string>> = { REQ: "REQ", DEALER: "DEALER", PUSH: "PUSH", PUB: "XPUB" };
const JAVASCRIPT_TYPES: Readonly<Record<CallSocket, string>> = {
  REQ: "Request",
  DEALER: "Dealer",
  PUSH: "Push",
  PUB: "XPublisher",
};

function pythonCode({ endpoint, reading, mechanism }: Code): string {
  const { socket, frames } = reading;
  const hasReply = socket === "REQ" || socket === "DEALER";
  const security: Readonly<Record<string, readonly string[]>> = {
    CURVE: [
      "# Name the server's public certificate and your own secret one.",
      'socket.curve_serverkey, _ = zmq.auth.load_certificate("server.key")',
      'socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate("client.key_secret")',
    ],
    PLAIN: [
      "# Write your user, and name the file with the password.",
      'socket.plain_username = b"user"',
      'socket.plain_password = open("password.txt", "rb").read().rstrip(b"\\r\\n")',
    ],
  };
  const lines = [
    "import sys",
    "",
    "import zmq",
    ...(mechanism === "CURVE" ? ["import zmq.auth"] : []),
    "",
    "context = zmq.Context()",
    `socket = context.socket(zmq.${PYTHON_TYPES[socket]})`,
    `socket.linger = ${hasReply ? 0 : TIMEOUT_MS}`,
    ...(security[mechanism] ?? []),
    `socket.connect(${JSON.stringify(endpoint)})`,
    ...(socket === "PUB"
      ? [
          "# What is published before somebody has subscribed is lost.",
          `if not socket.poll(${TIMEOUT_MS}):`,
          `    sys.exit("Nobody subscribed within ${TIMEOUT_MS / 1000} s.")`,
        ]
      : []),
    `socket.send_multipart([${frames.map(pythonBytes).join(", ")}])`,
    ...(hasReply
      ? [
          `if not socket.poll(${TIMEOUT_MS}):`,
          `    sys.exit("No reply within ${TIMEOUT_MS / 1000} s.")`,
          "print(socket.recv_multipart())",
        ]
      : []),
    "socket.close()",
    "context.term()",
  ];
  return `${lines.join("\n")}\n`;
}

function javascriptCode({ endpoint, reading, mechanism }: Code): string {
  const { socket, frames } = reading;
  const hasReply = socket === "REQ" || socket === "DEALER";
  const type = JAVASCRIPT_TYPES[socket];
  const waits = hasReply || socket === "PUB";
  const security: Readonly<Record<string, readonly string[]>> = {
    CURVE: [
      "  // Name the server's public certificate and your own secret one.",
      '  curveServerKey: key("server.key", "public"),',
      '  curvePublicKey: key("client.key_secret", "public"),',
      '  curveSecretKey: key("client.key_secret", "secret"),',
    ],
    PLAIN: [
      "  // Write your user, and name the file with the password.",
      '  plainUsername: "user",',
      '  plainPassword: readFileSync("password.txt", "utf8").replace(/\\r?\\n$/, ""),',
    ],
  };
  const lines = [
    "// Node.js with the package zeromq, version 6. Save it as call.mjs.",
    ...(mechanism in security ? ['import { readFileSync } from "node:fs";'] : []),
    `import { ${type} } from "zeromq";`,
    "",
    ...(mechanism === "CURVE"
      ? ['const key = (file, half) => readFileSync(file, "utf8").match(`${half}-key\\\\s*=\\\\s*"(.{40})"`)[1];', ""]
      : []),
    `const socket = new ${type}({`,
    `  linger: ${hasReply ? 0 : TIMEOUT_MS},`,
    `  sendTimeout: ${TIMEOUT_MS},`,
    ...(waits ? [`  receiveTimeout: ${TIMEOUT_MS},`] : []),
    ...(security[mechanism] ?? []),
    "});",
    `socket.connect(${JSON.stringify(endpoint)});`,
    "try {",
    ...(socket === "PUB"
      ? ["  // What is published before somebody has subscribed is lost.", "  await socket.receive();"]
      : []),
    `  await socket.send([${frames.map(javascriptBuffer).join(", ")}]);`,
    ...(hasReply ? ["  for (const frame of await socket.receive()) console.log(frame.toString());"] : []),
    "} catch (error) {",
    '  if (error.code !== "EAGAIN") throw error;',
    `  console.error("${socket === "PUB" ? "Nobody subscribed" : hasReply ? "No reply" : "Nobody connected"} within ${TIMEOUT_MS / 1000} s.");`,
    "  process.exitCode = 1;",
    "}",
    "socket.close();",
  ];
  return `${lines.join("\n")}\n`;
}

/** For a POSIX shell. Rejects octets that no command line can hold with a UserError. */
function commandLine({ endpoint, reading, mechanism }: Code): string {
  const { dialect, call, socket } = reading;
  const options: string[] = [];
  let positionals: readonly string[];
  const usual = dialectNamed(call === null ? "raw" : dialect)?.socket;
  if (call === null) {
    const [method = "", ...args] = reading.frames.map(shellText);
    positionals = [method, ...args.map((arg) => JSON.stringify(arg))];
  } else {
    options.push("--dialect", dialect);
    positionals = [call.method, ...call.args.map((arg) => JSON.stringify(arg))];
    if (Object.keys(call.kwargs).length > 0) options.push("--kwargs", JSON.stringify(call.kwargs));
    for (const [name, value] of Object.entries(call.fields)) {
      options.push("--field", `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    }
  }
  if (socket !== usual) options.push("--socket", socket);
  if (mechanism === "CURVE") options.push("--curve-upstream", "server.key", "--curve-client", "client.key_secret");
  if (mechanism === "PLAIN") options.push("--plain-user", "user", "--plain-password-file", "password.txt");
  const needsEnd = positionals.some((word) => word.startsWith("-"));
  const words = needsEnd ? [...options, "--", endpoint, ...positionals] : [endpoint, ...positionals, ...options];
  return `zmq-tap call ${words.map(shellWord).join(" ")}\n`;
}

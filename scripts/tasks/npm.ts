import { execFile } from "node:child_process";
import { promisify } from "node:util";

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs npm, the one that runs this script where one does, and gives what it prints. Rejects with what it says when it fails. */
export async function runNpm(args: readonly string[], cwd = "."): Promise<string> {
  const npm = process.env["npm_execpath"];
  const [command, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  const options = {
    cwd,
    maxBuffer: MAX_OUTPUT_BYTES,
    shell: npm === undefined && process.platform === "win32",
  };
  try {
    const { stdout } = await promisify(execFile)(command, [...first, ...args], options);
    return stdout;
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    throw new Error(`\`npm ${args.join(" ")}\` failed.\n${stderr.trim()}`, { cause: error });
  }
}

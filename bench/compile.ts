import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

export type Programs = { readonly peers: string; readonly proxy: string; readonly soakPeers: string };

/** Compiles the C programs into `folder`. Throws an Error of one sentence when something must be installed first. */
export function compilePrograms(folder: string): Programs {
  mkdirSync(folder, { recursive: true });
  if (spawnSync("cc", ["--version"]).error !== undefined) throw missing("A C compiler", "gcc");
  if (!compiles("#include <zmq.h>\nint main(void) { return zmq_ctx_new() == 0; }\n")) {
    throw missing("libzmq's header and library", "libzmq3-dev");
  }
  return {
    peers: compile("peers", folder),
    proxy: compile("proxy", folder),
    soakPeers: compile("soakPeers", folder),
  };
}

const missing = (what: string, debianPackage: string): Error =>
  new Error(`${what} is missing, which the benchmark's peers need: install the Debian package ${debianPackage}.`);

function compiles(code: string): boolean {
  const { status } = spawnSync("cc", ["-x", "c", "-", "-o", "/dev/null", "-lzmq"], { input: code });
  return status === 0;
}

function compile(name: string, folder: string): string {
  const program = join(folder, name);
  const source = join(import.meta.dirname, `${name}.c`);
  if (!existsSync(source)) throw new Error(`${source} is missing: the benchmark runs from a clone of the repository.`);
  const { status, stderr } = spawnSync("cc", ["-O2", "-Wall", "-pthread", "-o", program, source, "-lzmq"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${source} does not compile: ${stderr}`);
  return program;
}

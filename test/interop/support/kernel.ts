import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PythonProgram } from "../peers/pythonProgram.ts";
import type { Lasting } from "./seedProgram.ts";

/** What jupyter_client tells of a cell that was run. */
export type Executed = {
  readonly msg_id: string;
  readonly reply: { readonly status: string; readonly ename?: string };
  readonly published: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
};

export type Kernel = {
  /** Where its connection file is, alone. */
  readonly folder: string;
  /** Is asked to connect a real client, and to run cells with it. */
  readonly program: PythonProgram;
  /** Its connection file. */
  readonly path: string;
};

/** A real kernel of Jupyter, and the program that is its client. Both end with the test; `folder` is their own. */
export async function startKernel(
  t: Lasting,
  transport: "tcp" | "ipc" = "tcp",
  folder = newFolder(t),
): Promise<Kernel> {
  const program = PythonProgram.start(
    t,
    "jupyterClient.py",
    ["ipykernel", "jupyter_client"],
    ["python3-ipykernel", "python3-jupyter-client"],
    { JUPYTER_RUNTIME_DIR: folder, IPYTHONDIR: folder, PYDEVD_DISABLE_FILE_VALIDATION: "1" },
  );
  return { folder, program, path: await program.ask<string>({ op: "kernel", transport }) };
}

function newFolder(t: Lasting): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-kernel-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

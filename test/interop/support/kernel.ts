import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { PythonProgram } from "../peers/pythonProgram.ts";

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

/** A real kernel of Jupyter, and the program that is its client. Both end with the test. */
export async function startKernel(t: TestContext, transport: "tcp" | "ipc" = "tcp"): Promise<Kernel> {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-kernel-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = PythonProgram.start(
    t,
    "jupyterClient.py",
    ["ipykernel", "jupyter_client"],
    ["python3-ipykernel", "python3-jupyter-client"],
    { JUPYTER_RUNTIME_DIR: folder, IPYTHONDIR: folder, PYDEVD_DISABLE_FILE_VALIDATION: "1" },
  );
  return { folder, program, path: await program.ask<string>({ op: "kernel", transport }) };
}

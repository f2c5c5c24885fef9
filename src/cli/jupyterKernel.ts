import { closeSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { DialectKey } from "../proxy/dialects/dialect.ts";
import type { Engine } from "../proxy/engine.ts";
import {
  formatJupyterConnection,
  JUPYTER_CHANNELS,
  type JupyterChannel,
  type JupyterConnection,
  jupyterSecurity,
  MAX_CONNECTION_FILE_BYTES,
  readJupyterConnection,
  tappedConnectionFile,
} from "../shared/jupyterConnection.ts";
import { UserError } from "../shared/userError.ts";

const SECRET_MODE = 0o600;

/**
 * Puts a tap before each channel of the kernel, called `name` and the channel, and writes a connection file for its clients
 * beside its own. Gives that file's path; rejects with a UserError that repeats nothing of the file.
 */
export async function attachKernel(engine: Engine, file: string, name: string): Promise<string> {
  const connection = readConnection(file);
  const listening = { ...connection.listen };
  for (const channel of JUPYTER_CHANNELS) {
    const config = {
      id: channel,
      name: `${name} ${channel}`,
      server: connection.endpoints[channel],
      listen: connection.listen[channel],
      dialect: "jupyter",
    } as const;
    const state = await engine.startTap(config, jupyterSecurity(connection), connection.key);
    listening[channel] = state.listening;
  }
  const written = tappedConnectionFile(file);
  writeConnection(written, connection, listening);
  return written;
}

/** What messages to and from this kernel are signed with. Throws a UserError as attachKernel() rejects. */
export function kernelKey(file: string): DialectKey {
  return new TextEncoder().encode(readConnection(file).key);
}

function readConnection(file: string): JupyterConnection {
  const connection = readJupyterConnection(readBounded(file));
  if (!("problem" in connection)) return connection;
  throw new UserError(
    "bad-connection-file",
    `${file} is no connection file of a Jupyter kernel: ${connection.problem} Give another file.`,
  );
}

/** A longer file is cut, and then no JSON. */
function readBounded(file: string): string {
  const buffer = Buffer.alloc(MAX_CONNECTION_FILE_BYTES);
  try {
    const descriptor = openSync(file, "r");
    try {
      return buffer.toString("utf8", 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new UserError(
      "no-such-file",
      `The connection file ${file} cannot be read (${reason(error)}). Give one of those in the folder that jupyter --runtime-dir prints.`,
      { cause: error },
    );
  }
}

function writeConnection(
  file: string,
  connection: JupyterConnection,
  listening: Readonly<Record<JupyterChannel, string>>,
): void {
  // A file that is there already would keep its mode, so another takes its place.
  const temporary = `${file}.${crypto.randomUUID()}`;
  try {
    writeFileSync(temporary, formatJupyterConnection(connection, listening), { flag: "wx", mode: SECRET_MODE });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UserError(
      "cannot-write",
      `The connection file for clients cannot be written to ${file} (${reason(error)}). Copy the kernel's file to a folder that you may write to, and give it there.`,
      { cause: error },
    );
  }
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

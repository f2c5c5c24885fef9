import { open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  isConnectionFileName,
  type JupyterConnection,
  jupyterRuntimeFolder,
  jupyterSecurity,
  MAX_CONNECTION_FILE_BYTES,
  readJupyterConnection,
} from "../shared/jupyterConnection.ts";
import type { TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import { t } from "../shared/l10n.ts";

const SECRET_MODE = 0o600;
/** Files of the runtime folder that are looked at. */
const MAX_FILES = 1_000;
const MAX_OFFERED = 100;

export type ConnectionFile = { readonly path: string; readonly name: string; readonly changedMs: number };

/** The keys of a kernel's channels, and the one that its messages are signed with. Rejects as readConnectionFile(). */
export async function connectionSecrets(
  path: string,
): Promise<{ readonly security: TapSecurity | null; readonly dialectKey: string }> {
  const connection = await readConnectionFile(path);
  return { security: jupyterSecurity(connection), dialectKey: connection.key };
}

/** Reads Jupyter's connection file. Rejects with a UserError that repeats nothing of it. */
export async function readConnectionFile(path: string): Promise<JupyterConnection> {
  let text: string;
  try {
    text = await readBounded(path);
  } catch (error) {
    throw new UserError(
      "no-such-file",
      t(
        "The connection file {0} cannot be read. When its kernel has ended, remove the tap and attach to another one.",
        path,
      ),
      { cause: error },
    );
  }
  const connection = readJupyterConnection(text);
  if (!("problem" in connection)) return connection;
  throw new UserError(
    "bad-connection-file",
    t("{0} is no connection file of a Jupyter kernel: {1} Choose another file.", path, connection.problem),
  );
}

/** Writes a connection file that nobody but the user can read, in place of one that is there. Rejects with a UserError. */
export async function writeConnectionFile(path: string, text: string): Promise<void> {
  // A file that is there already would keep its mode, so another takes its place.
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await writeFile(temporary, text, { flag: "wx", mode: SECRET_MODE });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(
      "cannot-write",
      t(
        "The connection file for clients cannot be written to {0}. Copy the kernel's file to a folder that you may write to, and choose it there.",
        path,
      ),
      { cause: error },
    );
  }
}

/** The folder where Jupyter keeps connection files. */
export function runtimeFolder(): string {
  return jupyterRuntimeFolder(process.env, process.platform, homedir());
}

/** What may be connection files in the runtime folder, the newest first; none when there is no such folder. */
export async function findConnectionFiles(): Promise<readonly ConnectionFile[]> {
  const folder = runtimeFolder();
  const names = await readdir(folder).catch(() => []);
  const candidates = names.filter(isConnectionFileName).slice(0, MAX_FILES);
  const files = await Promise.all(
    candidates.map(async (name) => {
      const path = join(folder, name);
      // Kernels that end take their file with them.
      const changedMs = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      );
      return changedMs === null ? [] : [{ path, name, changedMs }];
    }),
  );
  return files
    .flat()
    .sort((one, other) => other.changedMs - one.changedMs)
    .slice(0, MAX_OFFERED);
}

/** A longer file is cut, and then no JSON. */
async function readBounded(path: string): Promise<string> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(MAX_CONNECTION_FILE_BYTES);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import type { CallKeys } from "../shared/viewProtocol.ts";
import { readSecurity } from "./keyOptions.ts";

/**
 * The keys that a call names, from a folder: `<name>.key` and `<name>.key_secret` as keygen and pyzmq write them, and
 * `<name>.password`. `null` where it names none. Throws a UserError without any secret.
 */
export function namedKeys(keys: CallKeys, folder: string | null, environment: NodeJS.ProcessEnv): TapSecurity | null {
  const { serverKey, clientPair, plain } = keys;
  if (serverKey === undefined && plain === undefined) return null;
  return readSecurity(
    {
      serverFile: null,
      upstream: serverKey === undefined ? null : fileOf(serverKey, folder, [".key", ".key_secret"]),
      clientFile: clientPair === undefined ? null : fileOf(clientPair, folder, [".key_secret"]),
      clientFiles: [],
      allow: null,
      clientLeg: "NULL",
      serverLeg: serverKey === undefined ? "PLAIN" : "CURVE",
      user: plain ?? null,
      passwordFile:
        plain === undefined || environment[PASSWORD] !== undefined ? null : fileOf(plain, folder, [".password"]),
    },
    environment,
  );
}

const PASSWORD = "ZMQ_TAP_PASSWORD";

function fileOf(name: string, folder: string | null, ends: readonly string[]): string {
  if (folder === null) {
    throw new UserError(
      "no-key-folder",
      `The call names the key "${name}". Say with --keys in which folder its files are.`,
    );
  }
  if (/[/\\]|^\.\.?$/.test(name)) {
    throw new UserError("bad-key-name", `The key "${name}" cannot be looked for: its name becomes the name of a file.`);
  }
  const file = ends.map((end) => join(folder, name + end)).find((path) => existsSync(path));
  if (file !== undefined) return file;
  const names = ends.map((end) => name + end).join(" and no ");
  throw new UserError(
    "keys-missing",
    `There is no ${names} in the folder of --keys, which the call needs. Put it there.`,
  );
}

import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeZcert } from "../shared/keys/zcert.ts";
import { math } from "./keyMath.ts";
import { Output } from "./output.ts";

export type KeygenOptions = { readonly name: string; readonly folder: string };

const SECRET_MODE = 0o600;

/** Writes a new pair as `name.key` and `name.key_secret`, and prints the public key. Overwrites nothing. */
export async function keygen({ name, folder }: KeygenOptions): Promise<number> {
  const stderr = new Output(2);
  const secretFile = join(folder, `${name}.key_secret`);
  const publicFile = join(folder, `${name}.key`);
  const there = [secretFile, publicFile].find((file) => existsSync(file));
  if (there !== undefined) {
    await stderr.write(`${there} exists already, and keys are not overwritten. Choose another name or --dir.\n`);
    return 1;
  }
  const { publicKey, secretKey } = math.generatePair();
  let written = secretFile;
  try {
    // `wx` fails where a file or link has come to stand meanwhile, so the mode is really that of a new file.
    await writeFile(secretFile, writeZcert({ publicKey, secretKey }, name), { flag: "wx", mode: SECRET_MODE });
    written = publicFile;
    await writeFile(publicFile, writeZcert({ publicKey, secretKey: null }, name), { flag: "wx" });
  } catch (error) {
    if (written === publicFile) await rm(secretFile, { force: true });
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    await stderr.write(`${written} cannot be written (${reason}). Give a folder that exists with --dir.\n`);
    return 1;
  }
  await new Output(1).write(`${publicKey}\n`);
  await stderr.write(`wrote ${publicFile} and ${secretFile}, which is secret\n`);
  return 0;
}

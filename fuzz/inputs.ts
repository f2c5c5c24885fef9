import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Inputs of a target that are kept: an input a line in base64, and behind a space what is to be said of it. */
export type KeptInput = { readonly input: Uint8Array; readonly note: string };

/** Corpus of one target, so that the folder stays small. */
const MAX_KEPT = 30;
const MAX_KEPT_BYTES = 600;

export const FAILURES = fileURLToPath(new URL("failures", import.meta.url));
export const CORPUS = fileURLToPath(new URL("corpus", import.meta.url));

/** Those of a target in `folder`; none where there is no file of them. */
export function readInputs(folder: string, name: string): readonly KeptInput[] {
  const path = `${folder}/${name}.txt`;
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const space = line.indexOf(" ");
      const [digits, note] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
      return { input: new Uint8Array(Buffer.from(digits, "base64")), note };
    });
}

/** Writes a corpus: the shortest of those that are not too long, in an order that does not depend on how they were found. */
export function keepCorpus(folder: string, name: string, inputs: readonly Uint8Array[]): void {
  const lines = new Set(
    inputs
      .filter(({ length }) => length > 0 && length <= MAX_KEPT_BYTES)
      .map((input) => Buffer.from(input).toString("base64")),
  );
  const kept = [...lines].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, MAX_KEPT);
  if (kept.length === 0) return;
  const path = `${folder}/${name}.txt`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, kept.map((line) => `${line}\n`).join(""));
}

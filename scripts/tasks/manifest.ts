import { readFile } from "node:fs/promises";

/** Texts of a language by their keys, as a `package.nls` file has them. */
export type ManifestTexts = Readonly<Record<string, string>>;

const KEY = /^%([\w.-]+)%$/;

/** package.json with the texts of `package.nls.json`, or of another language, in place of their keys. */
export async function readManifest(texts = "package.nls.json"): Promise<unknown> {
  const [manifest, nls] = await Promise.all([readFile("package.json", "utf8"), readFile(texts, "utf8")]);
  const table = JSON.parse(nls) as ManifestTexts;
  return JSON.parse(manifest, (_, value: unknown) => {
    const key = typeof value === "string" ? keyOf(value) : undefined;
    return key === undefined ? value : (table[key] ?? value);
  });
}

/** The key that a string of package.json stands for; `undefined` for a string that is itself. */
export function keyOf(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** What the native file of zeromq has linked into it, and where the texts of its licence are. */
export const NATIVE_PARTS: readonly NativePart[] = [
  {
    title:
      "libzmq 4.3.5 (MPL-2.0), in the native file of zeromq; its source is that of the release 4.3.5 of zeromq/libzmq",
    files: ["scripts/licences/MPL-2.0.txt"],
  },
  { title: "SHA-1 of the WIDE Project (BSD-3-Clause), in libzmq", files: ["scripts/licences/sha1.txt"] },
  { title: "wepoll (BSD-2-Clause), in libzmq on Windows", files: ["scripts/licences/wepoll.txt"] },
  { title: "libsodium (ISC), in the native file of zeromq", files: ["scripts/licences/libsodium.txt"] },
  {
    title: "node-addon-api (MIT), in the native file of zeromq",
    files: ["node_modules/node-addon-api/LICENSE.md"],
  },
];

export type NativePart = { readonly title: string; readonly files: readonly string[] };

const LINE = "=".repeat(80);

/**
 * The npm packages that the bundles hold code, styles or fonts of, sorted: their folders below `node_modules`, which are their
 * names but for one that another package has of its own.
 */
export function bundledPackages(metafiles: readonly Metafile[]): string[] {
  const folders = new Set<string>();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const input of Object.keys(inputs)) {
        const below = /(?:^|\/)node_modules\/(.*)$/.exec(input)?.[1];
        const folder =
          below === undefined ? undefined : /^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/.exec(below)?.[0];
        if (folder !== undefined) folders.add(folder);
      }
    }
  }
  return [...folders].sort();
}

export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
};

/** What the package in this folder below `node_modules` says of itself. */
export async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join("node_modules", folder, "package.json"), "utf8")) as Manifest;
}

/**
 * The text of ThirdPartyNotices: each package with its version, its licence, and the licence files it comes with, then what the
 * native file holds. Throws when a package comes without a licence, or without its text.
 */
export async function thirdPartyNotices(
  packages: readonly string[],
  nativeParts: readonly NativePart[] = [],
): Promise<string> {
  const parts = ["ZMQ Tap contains the work of others, under the licences below."];
  const told = new Set<string>();
  for (const below of packages) {
    const folder = join("node_modules", below);
    const { name, version, license } = await manifestOf(below);
    // Two packages may each have the same version of a third one.
    if (told.has(`${name}@${version}`)) continue;
    told.add(`${name}@${version}`);
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
    if (license === undefined || files.length === 0) {
      throw new Error(`${name} ${version} comes without a licence or its text. Ask whether it may be shipped.`);
    }
    parts.push(`${LINE}\n${name} ${version} (${license})`);
    for (const file of files) parts.push((await readFile(join(folder, file), "utf8")).trim());
  }
  for (const { title, files } of nativeParts) {
    parts.push(`${LINE}\n${title}`);
    for (const file of files) parts.push((await readFile(file, "utf8")).trim());
  }
  return `${parts.join("\n\n")}\n`;
}

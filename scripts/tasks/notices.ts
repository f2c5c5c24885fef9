import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** Names of the npm packages that the bundles hold code, styles or fonts of, sorted. */
export function bundledPackages(metafiles: readonly Metafile[]): string[] {
  const names = new Set<string>();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const input of Object.keys(inputs)) {
        const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
        if (name !== undefined) names.add(name);
      }
    }
  }
  return [...names].sort();
}

/** The text of ThirdPartyNotices: each package with its version, its licence, and the licence files it comes with. */
export async function thirdPartyNotices(packages: readonly string[]): Promise<string> {
  const parts = ["ZMQ Tap contains the work of others, under the licences below."];
  for (const name of packages) {
    const folder = join("node_modules", name);
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      version: string;
      license?: string;
    };
    parts.push(`${"=".repeat(80)}\n${name} ${manifest.version} (${manifest.license ?? "see below"})`);
    const files = (await readdir(folder)).filter((file) => /^licen[cs]e/i.test(file)).sort();
    for (const file of files) parts.push((await readFile(join(folder, file), "utf8")).trim());
  }
  return `${parts.join("\n\n")}\n`;
}

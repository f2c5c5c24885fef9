import { writeFile } from "node:fs/promises";
import { build } from "./tasks/build.ts";
import { runScript } from "./tasks/entry.ts";
import { runNpm } from "./tasks/npm.ts";
import { packagesPage, type Releases, SHIPPED_TABLE, shippedPackages } from "./tasks/shippedPackages.ts";
import { UNIVERSAL } from "./tasks/zeromqNative.ts";

// Writes the table of shipped packages, with dates of the registry that npm is set up for. Look at what changed, and review
// what is new, before it is committed.
await runScript(async () => {
  const shipped = await shippedPackages(await build(UNIVERSAL));
  const releases = new Map<string, Releases>();
  for (const { name, version } of shipped) {
    console.log(`${name} ${version}`);
    releases.set(name, await releasesOf(name, version));
  }
  await writeFile(SHIPPED_TABLE, packagesPage(shipped, releases, new Date().toISOString().slice(0, 10)));
});

async function releasesOf(name: string, version: string): Promise<Releases> {
  const told = await runNpm(["view", name, "time", "dist-tags", "--json"]);
  const { time, "dist-tags": tags } = JSON.parse(told) as {
    readonly time: Readonly<Record<string, string>>;
    readonly "dist-tags": { readonly latest: string };
  };
  const day = (one: string): string => {
    const date = time[one];
    if (date === undefined) throw new Error(`The registry does not know when ${name} ${one} was released.`);
    return date.slice(0, 10);
  };
  return { shipped: day(version), last: day(tags.latest), lastVersion: tags.latest };
}

import { parseArgs } from "node:util";
import { build } from "./tasks/build.ts";
import { runScript } from "./tasks/entry.ts";
import { packNpm } from "./tasks/npmPackage.ts";
import { type Package, packAll } from "./tasks/pack.ts";
import { type Target, TARGETS, UNIVERSAL } from "./tasks/zeromqNative.ts";

/** The package of the command line, besides the VSIXs. */
const NPM = "npm";
const ALL = [...TARGETS, NPM];

// All packages that a release has, or those of --target, which can be repeated.
const { values } = parseArgs({ options: { target: { type: "string", multiple: true, default: ALL } } });
const unknown = values.target.find((name) => !ALL.some((known) => known === name));
if (unknown !== undefined) {
  console.error(`There is no target "${unknown}". There are: ${ALL.join(", ")}.`);
  process.exit(2);
}
const targets = values.target.filter((name): name is Target => name !== NPM);

function tell({ file, sizeBytes, files }: Package): void {
  console.log(`${file}: ${files.length} files, ${(sizeBytes / 1e6).toFixed(2)} MB`);
}

await runScript(async () => {
  const built = await packAll(targets, tell);
  if (values.target.includes(NPM)) tell(await packNpm(built ?? (await build(UNIVERSAL))));
});

import { readFile, writeFile } from "node:fs/promises";
import { runScript } from "./tasks/entry.ts";
import { madeParts, withParts } from "./tasks/generatedDocs.ts";

// Writes what the documentation takes from package.json and from the command line's own help.
await runScript(async () => {
  for (const [file, parts] of await madeParts()) {
    const before = await readFile(file, "utf8");
    const after = withParts(before, parts);
    if (after !== before) await writeFile(file, after);
    console.log(`${file}: ${after === before ? "unchanged" : "written"}`);
  }
});

import { readFile, writeFile } from "node:fs/promises";
import { runScript } from "./tasks/entry.ts";
import { madeParts, withParts } from "./tasks/generatedDocs.ts";

// Writes what the documentation takes from package.json.
await runScript(async () => {
  for (const [file, parts] of madeParts()) {
    const before = await readFile(file, "utf8");
    const after = withParts(before, parts);
    if (after !== before) await writeFile(file, after);
    console.log(`${file}: ${after === before ? "unchanged" : "written"}`);
  }
});

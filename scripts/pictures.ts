import { spawnSync } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runScript } from "./tasks/entry.ts";
import { requireTool, shrink } from "./pictures/film.ts";
import { vsixOfTheDay } from "./pictures/product.ts";
import { takeStills } from "./pictures/stills.ts";
import { filmTour } from "./pictures/tour.ts";

// Takes the pictures of README and docs anew, from the real product in a real VS Code: the animated tour, stills of the
// demo, and pictures that tests in the browser take of what the demo does not have. Without options all of them.
const { values } = parseArgs({
  options: { tour: { type: "boolean" }, stills: { type: "boolean" }, tests: { type: "boolean" } },
});
const isAll = values.tour !== true && values.stills !== true && values.tests !== true;

/** Pictures that tests take: the test, the picture it takes, and what it is called in docs. */
const OF_TESTS = [
  { test: "curve", picture: "curve-dark", name: "curve-dark" },
  { test: "callFiles", picture: "calls-light", name: "calls-light" },
  { test: "callDialects", picture: "call-dialect-dark", name: "call-dark" },
] as const;

await runScript(async () => {
  requireTool("ffmpeg", "ffmpeg");
  requireTool("pngquant", "pngquant");
  const vsix = await vsixOfTheDay();
  if (isAll || values.tour === true) await filmTour(vsix, "docs/tour.gif");
  if (isAll || values.stills === true) await takeStills(vsix);
  if (!isAll && values.tests !== true) return;
  for (const { test, picture, name } of OF_TESTS) {
    const { status } = spawnSync(process.execPath, ["--test", `test/ui/${test}.test.ts`], {
      env: { ...process.env, ZMQ_TAP_VSIX: vsix },
      stdio: "inherit",
    });
    if (status !== 0) throw new Error(`test/ui/${test}.test.ts failed, so there is no picture of it.`);
    const file = `docs/pictures/${name}.png`;
    await copyFile(`out/screenshots/${picture}.png`, file);
    shrink(file);
    console.log(file);
  }
});

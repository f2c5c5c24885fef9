import { after, test } from "node:test";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { comparePattern, patternRuns } from "./support/patterns.ts";
import { OPEN } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

for (const { name, pattern, between, listening } of patternRuns(python, javascript)) {
  test(`A tap between ${name} changes nothing when the ${listening} listens`, async (t) => {
    await comparePattern(t, pattern, between, OPEN);
  });
}

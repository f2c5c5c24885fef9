import { after, test } from "node:test";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { comparePattern, PATTERNS } from "./support/patterns.ts";
import { OPEN } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

for (const [name, pattern] of Object.entries(PATTERNS)) {
  for (const listens of ["first", "second"] as const) {
    for (const [first, second] of [
      [python, javascript],
      [javascript, python],
    ] as const) {
      const listening =
        listens === "first" ? `${pattern.first} of ${first.library}` : `${pattern.second} of ${second.library}`;
      test(`A tap between ${name} changes nothing when the ${listening} listens`, async (t) => {
        await comparePattern(t, pattern, { first, second, listens }, OPEN);
      });
    }
  }
}

import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { MIB, openLink, say, seeded } from "./captures.ts";
import { until } from "./until.ts";

// A capture in a process that may open few files, and opens all that it may again and again. Arguments: the storage folder,
// and whether it ends while none can be opened. Prints what the capture should hold as JSON.

const [storage, ending] = process.argv.slice(2);
const ROUNDS = ending === "short" ? 0 : 24;
const taken: number[] = [];

/** Opens files until no more can be, and leaves room for `free`. */
function takeAll(free: number): void {
  try {
    for (;;) taken.push(openSync(devNull, "r"));
  } catch {
    giveBack(free);
  }
}

function giveBack(count = taken.length): void {
  for (const descriptor of taken.splice(0, count)) closeSync(descriptor);
}

const live = await LiveCapture.open({
  maxBytes: 16 * MIB,
  maxDiskBytes: 256 * MIB,
  storage: storage!,
  segmentBytes: 256 * 1024,
});
const { capture } = live;
/** How often the disk was turned to, with success or without. */
let tries = 0;
live.onChange = () => (tries += 1);

const isOnDisk = (): boolean =>
  live.disk.diskProblem !== null ||
  capture.store.segments.every(({ file, isSealed, isGone }) => isGone || file !== null || !isSealed);

const below = seeded(11);
const link = openLink(capture);
const partners: [number, number][] = [];
const notes: [number, string][] = [];
for (let round = 0; round < ROUNDS && live.disk.diskProblem === null; round++) {
  takeAll(round % 2);
  for (let count = 1 + below(60); count > 0; count--) {
    const n = say(capture, link, 0, [Buffer.alloc(20_000, capture.lastN + 1)]);
    if (n % 5 !== 0) continue;
    const request = n - 1 - below(Math.min(n - 1, 40));
    if (partners.some((pair) => pair.includes(request))) continue;
    capture.paired(request, n, false);
    partners.push([request, n]);
  }
  capture.mark(capture.lastN, { note: `round ${round}` });
  notes.push([capture.lastN, `round ${round}`]);
  const before = tries;
  await until(() => tries > before);
  giveBack();
  await until(isOnDisk);
}
if (ending === "short") takeAll(0);
// More than the segment that has its files takes.
for (let count = 0; count < 20; count++) say(capture, link, 0, [Buffer.alloc(20_000, capture.lastN + 1)]);
await live.close();
giveBack();
const { lastN } = capture;
const { unwritten } = capture.stats();
process.stdout.write(JSON.stringify({ lastN, unwritten, problem: live.disk.diskProblem, partners, notes }));

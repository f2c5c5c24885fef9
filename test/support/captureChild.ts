/* A process that captures until it is killed: `node captureChild.ts <storage>`, or until its disk refuses with `full`. */
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { MIB, numberedFrames, openLink, say } from "./captures.ts";

const [storage, what] = process.argv.slice(2);
const live = await LiveCapture.open({
  maxBytes: 16 * MIB,
  maxDiskBytes: 256 * MIB,
  storage: storage!,
  segmentBytes: 256 * 1024,
});
if (live.disk.diskProblem !== null) {
  console.log(`problem ${live.disk.diskProblem}`);
  process.exit();
}
// What was captured before a round of writing began is on disk when it has ended.
let captured = 0;
live.onChange = () => {
  console.log(`flushed ${captured}`);
  captured = live.capture.lastN;
  if (live.disk.diskProblem === null) return;
  const { seen, kept, evicted } = live.capture.stats();
  console.log(`counters ${seen - kept - evicted}`);
  console.log(`problem ${live.disk.diskProblem}`);
};
const { capture } = live;
const links = [openLink(capture), openLink(capture)];
console.log("ready");
const turn = (): void => {
  for (let count = 0; count < 20; count++) {
    const n = capture.lastN + 1;
    say(capture, links[n % 2]!, n % 3 === 0 ? 1 : 0, numberedFrames(n));
  }
  if (what === "full" && live.disk.diskProblem !== null) process.exit();
  setTimeout(turn, 4);
};
if (what !== "wait") turn();
else setInterval(() => undefined, 1000);

/*
 * A process with a queue on disk: `node queueChild.ts <folder> <prefix>` puts numbered messages until it is killed and tells
 * each that is accepted, and delivers some of them; with `full` it tells the first refusal and ends.
 */
import { writeSync } from "node:fs";
import { BridgeQueue } from "../../src/proxy/bridge/queue.ts";

const [folder, prefix, what] = process.argv.slice(2);
// Waits for a reader that is slow: what stdout holds back would be gone with the process.
const tell = (line: string): unknown => writeSync(1, `${line}\n`);
const queue = await BridgeQueue.open({
  folder: folder!,
  limits: { maxMessages: 1_000_000, maxBytes: 1e9, maxAgeMs: 0 },
  report: (report) => tell(`report ${JSON.stringify(report)}`),
  segmentBytes: 8192,
  heldBytes: 20_000,
});
tell(`ready ${queue.counts().queued}`);
let n = 0;
const put = async (): Promise<void> => {
  for (;;) {
    const name = `${prefix} ${n++}`;
    const refused = await queue.put([Buffer.from(name), Buffer.alloc(n % 300, n)]);
    tell(refused === null ? `accepted ${name}` : `refused ${refused.reason} ${refused.message}`);
    if (what === "full" && refused !== null) {
      tell(`counts ${JSON.stringify(queue.counts())}`);
      process.exit();
    }
  }
};
const deliver = async (): Promise<void> => {
  for (;;) {
    const message = await queue.head();
    if (message !== null) {
      tell(`delivered ${String(message.frames[0])}`);
      queue.done(message);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
const putters = what === "full" ? [put()] : [put(), put(), put(), deliver()];
await Promise.all(putters);

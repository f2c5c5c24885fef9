import process from "node:process";
import { Publisher, Subscriber } from "zeromq";

// What a SUB→PUB bridge is compared with: the loop that anybody writes with this library, which keeps and counts nothing.
//   node bareLoop.ts <endpoint of a publisher> <endpoint to publish at>
const [from = "", to = ""] = process.argv.slice(2);
// What the bridge has too, since a PUB drops what is above it.
const pub = new Publisher({ sendHighWaterMark: 100_000 });
const sub = new Subscriber();
await pub.bind(to);
sub.subscribe("");
sub.connect(from);
process.stdout.write(`${to}\n`);
for await (const frames of sub) await pub.send(frames);

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { raw } from "../../src/proxy/dialects/raw.ts";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { ReplayReplies } from "../../src/proxy/replayReplies.ts";
import type { ReplayRequest } from "../../src/proxy/replayRequest.ts";
import { ReplayTally } from "../../src/proxy/rpc/replayTally.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { octets } from "../support/octets.ts";
import { until } from "../support/until.ts";

const request = (n: number, reply: number | null): ReplayRequest => ({
  n,
  reply,
  id: null,
  dialect: raw,
  key: null,
  sender: "REQ",
  receiver: "REP",
});

test("ReplayReplies compares replies with the recorded ones, where there are any", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const [asked, answered] = [say(capture, link, 0, ["", "a"]), say(capture, link, 1, ["", "A"])];
  const tally = new ReplayTally();
  const replies = new ReplayReplies(capture, tally, 2_000, () => undefined);
  replies.answered(request(asked, answered), [octets(""), octets("A")]);
  replies.answered(request(asked, answered), [octets(""), octets("B")]);
  replies.answered(request(asked, null), [octets(""), octets("C")]);
  // What is no longer there is not compared with.
  replies.answered(request(asked, 999), [octets(""), octets("D")]);
  replies.unanswered(request(asked, answered), "timeout");
  replies.unanswered(request(asked, answered), "closed");
  replies.unanswered(request(asked, null), "timeout");
  await replies.settled();
  const { answered: came, same, differed, timedOut, unanswered } = tally;
  assert.deepEqual([came, same, differed, timedOut, unanswered], [4, 1, 1, 2, 1]);
  assert.deepEqual(
    tally.differences.map(({ what }) => what),
    ["Frame 1 of its payload differs.", "No reply came within 2 s.", "The connection closed before a reply came."],
  );
});

test("ReplayReplies compares with replies that are on disk only", async (t) => {
  const storage = await mkdtemp(join(tmpdir(), "zmqtap-replies-"));
  t.after(() => rm(storage, { recursive: true, force: true }));
  const live = await LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes: 256 * MIB, storage, segmentBytes: MIB });
  const { capture } = live;
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const [asked, answered] = [say(capture, link, 0, ["", "a"]), say(capture, link, 1, ["", "A"])];
  for (let n = 0; capture.isInMemory(answered); n++) {
    say(capture, link, 0, ["", Buffer.alloc(30_000)]);
    if (n % 100 === 0) await until(() => capture.store.segments.filter(({ file }) => file === null).length < 4);
  }
  const tally = new ReplayTally();
  let compared = 0;
  const replies = new ReplayReplies(capture, tally, 2_000, () => compared++);
  replies.answered(request(asked, answered), [octets(""), octets("A")]);
  assert.deepEqual([replies.comparing, tally.same], [1, 0]);
  await replies.settled();
  assert.deepEqual([replies.comparing, tally.same, compared], [0, 1, 1]);
  await live.close();
});

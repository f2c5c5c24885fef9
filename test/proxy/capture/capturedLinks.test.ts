import assert from "node:assert/strict";
import { test } from "node:test";
import { CapturedLink } from "../../../src/proxy/capture/capturedLink.ts";
import { CapturedLinks } from "../../../src/proxy/capture/capturedLinks.ts";
import { Segment } from "../../../src/proxy/capture/segment.ts";

function makeLink(link: number): CapturedLink {
  const ends = { client: "127.0.0.1:1", server: "127.0.0.1:2" };
  return new CapturedLink({ link, tap: "t", tapName: "tap", origin: "wire", ...ends, record: () => ({}) });
}

test("CapturedLinks keeps closed links until the last segment with anything of theirs has left memory", () => {
  const links = new CapturedLinks();
  const [open, closed] = [makeLink(3), makeLink(7)];
  for (const link of [open, closed]) links.add(link);
  closed.lastIn = 1;
  links.close(closed);
  links.forget(new Segment(0, 1, 0));
  assert.deepEqual([links.of(3), links.of(7)], [open, closed]);
  links.forget(new Segment(1, 1, 0));
  assert.deepEqual([links.of(3), links.of(7)], [open, undefined]);
  assert.deepEqual([...links.all], [open]);
  assert.equal(links.last, 7);
  assert.equal(links.usedBytes > 0, true);
});

test("CapturedLinks knows links that are gone from the segment's file, or from its copied rows", () => {
  const links = new CapturedLinks();
  const segment = new Segment(0, 1, 0);
  const gone = makeLink(5);
  segment.links = new Map([[5, gone]]);
  assert.equal(links.of(5, segment), gone);
  segment.links = null;
  segment.copiedLinks = new Map([[5, gone]]);
  assert.equal(links.of(5, segment), gone);
  assert.equal(links.of(5), undefined);
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { RULES } from "../../../src/proxy/findings/rules.ts";
import { FINDINGS } from "../../../src/shared/findingKinds.ts";
import { randomRow } from "../../support/filterRows.ts";
import { random as seeded } from "../../support/random.ts";
import { type SeenParts, watchRule } from "../../support/seenRows.ts";

const EVENTS = ["link-opened", "handshake", "link-closed", "server-down", "fault", "gap", "refused", "error-command"];
const WORDS = [
  "done",
  "failed",
  "waiting",
  "client",
  "server",
  "tap",
  "DEALER",
  "ROUTER",
  "PUSH",
  "PULL",
  "PLAIN",
  "down",
  "back",
  "",
];
const KEYS = [
  "state",
  "verdict",
  "sockets",
  "mechanism",
  "client",
  "server",
  "by",
  "messages",
  "reset",
  "rekeyed",
  "id",
  "sentence",
  "candidates",
  "reason",
  "from",
  "links",
  "count",
  "freshPairTo",
  "bytesLost",
  "code",
];

test("Rules never throw on rows of any shape, and tell findings that a view can show", () => {
  const random = seeded(7);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
  const value = (depth: number): unknown => {
    switch (random(depth > 2 ? 4 : 6)) {
      case 0:
        return null;
      case 1:
        return random(2) === 0 ? random(1000) - 10 : 1e300;
      case 2:
        return random(2) === 0;
      case 3:
        return pick(WORDS);
      case 4:
        return Array.from({ length: random(3) }, () => value(depth + 1));
      default:
        return detail(depth + 1);
    }
  };
  const detail = (depth: number): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: random(8) }, () => [pick(KEYS), value(depth)]));
  for (const make of RULES) {
    const watched = watchRule(make, { tappedEndpoints: () => [pick(WORDS)], listeners: () => [] });
    for (let turn = 0; turn < 1_500; turn++) {
      const { kind, frames, ...row } = randomRow(random);
      const parts: SeenParts = { ...row, kind, frames, timeMs: turn * 50 + random(200) };
      const event = pick(EVENTS);
      if (kind === "event") watched.see({ ...parts, event, detail: detail(0) });
      else if (kind === "command") watched.see({ ...parts, body: Uint8Array.from(frames[0] ?? [1, 255, 3]) });
      else if (kind === "message") watched.see(parts);
      if (random(500) === 0) watched.skip();
    }
    watched.tick(1e9);
    for (const { id, text, advice, evidence } of watched.told()) {
      assert.ok(id in FINDINGS);
      assert.ok(text.length > 0 && advice.length > 0, id);
      assert.ok(
        evidence.every((n) => Number.isInteger(n)),
        id,
      );
    }
  }
});

test("Each finding belongs to one rule, and has its section", () => {
  const docs = readFileSync(new URL("../../../docs/findings.md", import.meta.url), "utf8");
  const found = RULES.flatMap((make) => watchRule(make).finds);
  assert.equal(new Set(found).size, found.length);
  for (const id of found) assert.match(docs, new RegExp(`^## ${id}$`, "m"));
});

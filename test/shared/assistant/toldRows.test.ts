import assert from "node:assert/strict";
import { test } from "node:test";
import { toRow } from "../../../src/proxy/rows.ts";
import { REDACTED, Redactor } from "../../../src/shared/assistant/redactor.ts";
import { toldFinding, toldPending, toldRow } from "../../../src/shared/assistant/toldRows.ts";
import type { Finding, PendingRequest } from "../../../src/shared/findings.ts";
import { testAssistant } from "../../support/assistant.ts";
import { openLink, say } from "../../support/captures.ts";

const redactor = new Redactor(true);

test("toldRow leaves out what says nothing, and hides what a secret's name announces", (t) => {
  const { capture } = testAssistant(t);
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const row = toRow(capture, say(capture, link, 0, ['{"password": "s3cr3t", "user": "bob"}']))!;
  const told = toldRow(row, redactor);
  assert.deepEqual(
    [told["n"], told["tap"], told["from"], told["origin"], told["isLate"], told["frames"]],
    [row.n, "tap", "client REQ", null, null, 1],
  );
  const preview = String(told["preview"]);
  assert.ok(preview.includes(REDACTED) && preview.includes("bob") && !preview.includes("s3cr3t"), preview);
  assert.ok(String(toldRow(row, new Redactor(false))["preview"]).includes("s3cr3t"));
});

test("toldRow hides what stands behind a topic that names a secret", (t) => {
  const { capture } = testAssistant(t);
  const link = openLink(capture, { sockets: { client: "SUB", server: "PUB" } });
  const row = toRow(capture, say(capture, link, 1, ["password", "s3cr3t"]))!;
  assert.ok(!JSON.stringify(toldRow(row, redactor)).includes("s3cr3t"));
});

test("toldFinding and toldPending tell times as text, and no secrets", () => {
  const finding: Finding = {
    key: "request-unanswered: link 1",
    id: "request-unanswered",
    severity: "warning",
    text: "token=abcdef waits.",
    advice: "Wait.",
    tap: "t1",
    tapName: "backend",
    link: 1,
    evidence: [4],
    count: 2,
    firstMs: 0,
    lastMs: 1000,
    isOpen: true,
  };
  const told = toldFinding(finding, redactor);
  assert.deepEqual([told["first"], told["last"]], ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z"]);
  assert.ok(!JSON.stringify(told).includes("abcdef"));
  const pending: PendingRequest = {
    n: 4,
    tap: "t1",
    tapName: "backend",
    link: 1,
    peer: "127.0.0.1:1",
    method: "add",
    sinceMs: 0,
    cause: "no reply yet",
  };
  assert.deepEqual(toldPending(pending, redactor), {
    row: 4,
    tap: "backend",
    link: 1,
    peer: "127.0.0.1:1",
    method: "add",
    since: "1970-01-01T00:00:00.000Z",
    cause: "no reply yet",
  });
});

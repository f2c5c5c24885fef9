import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProbeResult } from "../../src/shared/model.ts";
import { PROBE_WARNING, probeFacts, probeSummary } from "../../src/shared/probeText.ts";

const zmtp: ProbeResult = {
  endpoint: "tcp://127.0.0.1:5556",
  kind: "zmtp",
  name: "",
  problem: "",
  version: "3.1",
  mechanism: "NULL",
  socket: "REP",
  access: "not-tried",
  refusal: null,
};
const curve: ProbeResult = { ...zmtp, mechanism: "CURVE", socket: null };

const summaries: [Partial<ProbeResult>, string][] = [
  [zmtp, "is a ZeroMQ server: ZMTP 3.1, NULL, a REP socket."],
  [{ version: null, mechanism: null, socket: null }, "is a ZeroMQ server: ZMTP of an unknown version."],
  [curve, "is a ZeroMQ server: ZMTP 3.1, CURVE."],
  [{ ...curve, access: "accepted" }, "ZMTP 3.1, CURVE, credentials accepted, socket type unknown."],
  [{ mechanism: "PLAIN", access: "accepted" }, "ZMTP 3.1, PLAIN, a REP socket, credentials accepted."],
  [{ ...curve, access: "refused", refusal: "400" }, "ZMTP 3.1, CURVE, credentials refused (400)."],
  [{ ...curve, access: "refused", refusal: "" }, "ZMTP 3.1, CURVE, credentials refused."],
  [{ socket: null, access: "refused", refusal: "400" }, "ZMTP 3.1, NULL, this address is refused (400)."],
  [{ ...curve, access: "unknown" }, "CURVE, credentials accepted or socket type unknown: it did not say."],
  [{ kind: "tls", name: "TLS" }, "is no ZeroMQ server: it speaks TLS."],
  [{ kind: "http", name: "an HTTP server" }, "is no ZeroMQ server: it is an HTTP server."],
  [{ kind: "other", name: "an SSH server" }, "is no ZeroMQ server: it is an SSH server."],
  [{ kind: "other", name: "not ZeroMQ" }, "is no ZeroMQ server: it speaks another protocol."],
  [{ kind: "silent" }, "accepts connections and says nothing"],
  [{ kind: "closed" }, "accepts connections and closes them"],
  [{ kind: "nothing", problem: "nothing listens there" }, "cannot be reached: nothing listens there."],
];
for (const [result, says] of summaries) {
  test(`probeSummary says "${says}"`, () => {
    const summary = probeSummary({ ...zmtp, ...result });
    assert.ok(summary.includes(says) && summary.startsWith(zmtp.endpoint), summary);
  });
}

const values = (result: Partial<ProbeResult>): string[] =>
  probeFacts({ ...zmtp, ...result }).map(({ label, value }) => `${label}: ${value}`);

test("probeFacts names protocol, security, socket and access of a ZeroMQ server only", () => {
  assert.deepEqual(values({}), ["Protocol: ZMTP 3.1 (libzmq 4.3.3 or later)", "Security: NULL", "Socket: REP"]);
  assert.deepEqual(values({ kind: "tls" }), []);
  assert.match(values(curve).at(-1)!, /told only to clients with the right keys/);
  assert.match(values({ ...curve, access: "accepted" }).at(-1)!, /let the credentials in/);
  assert.match(values({ ...curve, access: "refused", refusal: "400" }).at(-1)!, /the credentials \(400\)/);
  assert.match(values({ access: "refused", refusal: "" }).at(-1)!, /this address \(no reason given\)/);
  assert.match(values({ ...curve, access: "unknown" }).at(-1)!, /did not say/);
  assert.match(values({ socket: null }).at(-1)!, /Socket: unknown/);
});

test("probeFacts says which libzmq speaks a version", () => {
  const versions = ["1.0", "2.0", "3.0", "3.1", "4.0"].map((version) => values({ version })[0]!);
  for (const [index, who] of ["before 3.2", "3.2", "4.0 to 4.3.2", "4.3.3", "another"].entries()) {
    assert.ok(versions[index]!.includes(who));
  }
  assert.match(values({ version: "2.0", mechanism: null }).join(), /ZMTP before 3.0 has none/);
  assert.deepEqual(values({ version: null, mechanism: null }), ["Socket: REP"]);
});

test("PROBE_WARNING says which servers hand messages to a probe", () => {
  assert.match(PROBE_WARNING, /libzmq 4\.2\.0 to 4\.3\.2/);
});

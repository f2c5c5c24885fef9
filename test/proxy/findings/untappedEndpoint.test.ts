import assert from "node:assert/strict";
import { test } from "node:test";
import { untappedEndpoint } from "../../../src/proxy/findings/untappedEndpoint.ts";
import { link, linkOpened, watchRule } from "../../support/seenRows.ts";

/** Endpoints that are told of for these frames, with these taps. */
function named(frames: readonly (string | Uint8Array)[], tapped: readonly string[] = []): (string | undefined)[] {
  const { see, told } = watchRule(untappedEndpoint, { tappedEndpoints: () => tapped });
  see({ link: link(1), frames });
  return told().map(({ endpoint }) => endpoint);
}

test("untappedEndpoint tells an endpoint that a message names, with the message", () => {
  const { see, told } = watchRule(untappedEndpoint);
  const frames = ['politiche2013 {"cmd":"configure","response_channel":"tcp://localhost:5557"}'];
  see({ link: link(4), frames });
  see({ link: link(5), frames });
  const [finding, ...others] = told();
  assert.deepEqual(others, []);
  const { id, about, text, severity, evidence, count, endpoint, link: on } = finding!;
  assert.deepEqual(
    { id, about, text, severity, evidence, count, endpoint, on },
    {
      id: "untapped-endpoint",
      about: "tcp://localhost:5557",
      text: "A message names tcp://localhost:5557, which no tap covers: what goes there is not seen.",
      severity: "note",
      evidence: [1, 2],
      count: 2,
      endpoint: "tcp://localhost:5557",
      on: 5,
    },
  );
});

test("untappedEndpoint looks at what programs say, not at what ZMQ Tap sends or hands on", () => {
  const { see, told } = watchRule(untappedEndpoint);
  for (const origin of ["replay", "call", "bridge"] as const)
    see({ link: link(4), frames: ["tcp://localhost:5557 does not reply"], origin });
  assert.deepEqual(told(), []);
});

test("untappedEndpoint reads endpoints among text and octets, in any of the first frames", () => {
  const cases: [readonly (string | Uint8Array)[], string[]][] = [
    [["connect to tcp://10.0.0.1:5555."], ["tcp://10.0.0.1:5555"]],
    [["a", "b", "tcp://server-1.example:80/x"], ["tcp://server-1.example:80"]],
    [["tcp://[fe80::1%eth0]:5555, tcp://[::1]:1"], ["tcp://[fe80::1%eth0]:5555", "tcp://[::1]:1"]],
    [[Uint8Array.of(0, 255, ...Buffer.from("tcp://a:1"), 0)], ["tcp://a:1"]],
    [["'ipc:///tmp/a.sock', ipc://@abstract"], ["ipc:///tmp/a.sock", "ipc://@abstract"]],
    [["see ipc:///run/x."], ["ipc:///run/x"]],
    [[Uint8Array.of(...Buffer.from("ipc:///run/x"), 0, 200, 201)], ["ipc:///run/x"]],
    [[`ipc:///${"x".repeat(200)}`], []],
    [["TCP://Host:5555"], ["tcp://Host:5555"]],
    [["x".repeat(1020) + " tcp://late:5555"], []],
    [["x".repeat(900) + " tcp://early:5555"], ["tcp://early:5555"]],
    [["x".repeat(70_000), "tcp://long:5555"], []],
    [["http://a:80 https://b:1 udp://c:2 tcp//d:3 tcp:/e:4 tcp://f tcp://g:0 tcp://h:99999 tcp://i:"], []],
    [["tcp://*:5555 tcp://0.0.0.0:5555 tcp://[::]:5555 tcp://127.0.0.1:* ipc://*"], []],
    [["://", "//", "tcp://"], []],
    [["tcp://a:1", "x".repeat(1024), "tcp://b:2"], ["tcp://a:1"]],
  ];
  for (const [frames, expected] of cases) assert.deepEqual(named(frames), expected, String(frames[0]).slice(0, 60));
});

test("untappedEndpoint knows what taps cover, however it is written", () => {
  assert.deepEqual(named(["tcp://localhost:5557"], ["tcp://127.0.0.1:5557"]), []);
  assert.deepEqual(named(["tcp://127.0.0.1:5557"], ["tcp://localhost:5557"]), []);
  assert.deepEqual(named(["tcp://10.0.0.1:5557"], ["tcp://*:5557"]), []);
  assert.deepEqual(named(["tcp://HOST:5557"], ["tcp://host:5557"]), []);
  assert.deepEqual(named(["ipc:///tmp/a"], ["ipc:///tmp/a"]), []);
  assert.deepEqual(named(["tcp://localhost:5557"], ["tcp://127.0.0.1:5558", "ipc:///tmp/a", "?"]), [
    "tcp://localhost:5557",
  ]);
});

test("untappedEndpoint knows servers that links lead to, as those of a file", () => {
  const { see, told } = watchRule(untappedEndpoint);
  see(linkOpened(link(1, { server: "127.0.0.1:5557" })));
  see(linkOpened(link(2, { server: "ipc #2" })));
  see({ link: null, event: "server-down", detail: {} });
  see({ link: link(1), frames: ["tcp://localhost:5557 tcp://localhost:5558"] });
  assert.deepEqual(
    told().map(({ endpoint }) => endpoint),
    ["tcp://localhost:5558"],
  );
});

test("untappedEndpoint ends once a tap covers the endpoint", () => {
  let tapped: string[] = [];
  const { see, tick, said } = watchRule(untappedEndpoint, { tappedEndpoints: () => tapped });
  tick(0);
  see({ link: link(1), frames: ["tcp://a:1 tcp://b:2"] });
  tick(1);
  assert.equal(said().filter((text) => text.endsWith("(over)")).length, 0);
  tapped = ["tcp://a:1"];
  tick(2);
  see({ link: link(1), frames: ["tcp://a:1"] });
  assert.deepEqual(
    said().map((text) => text.endsWith("(over)")),
    [true, false],
  );
});

test("untappedEndpoint is bounded in endpoints, and in messages a second", () => {
  const many = watchRule(untappedEndpoint);
  for (let port = 1; port <= 150; port++) many.see({ link: link(1), frames: [`tcp://a:${port}`] });
  assert.equal(many.told().length, 100);
  const fast = watchRule(untappedEndpoint);
  for (let row = 0; row < 2_000; row++) fast.see({ link: null, frames: ["nothing here"] });
  fast.see({ link: null, frames: ["tcp://a:1"], timeMs: 900 });
  assert.deepEqual(fast.said(), []);
  fast.see({ link: null, frames: ["tcp://a:1"], timeMs: 1_000 });
  assert.equal(fast.said().length, 1);
});

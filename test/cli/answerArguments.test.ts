import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnswer } from "../../src/cli/answerArguments.ts";

const ENDPOINT = "tcp://127.0.0.1:*";
const REPLIES = ["--replies", "r.json"];
const KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

test("answer takes an endpoint and where its answers come from; the rest has defaults", () => {
  assert.deepEqual(parseAnswer([ENDPOINT, ...REPLIES]), {
    endpoint: ENDPOINT,
    from: { kind: "replies", path: "r.json" },
    socket: "REP",
    dialect: null,
    delayMs: 0,
    keys: null,
  });
  assert.deepEqual(
    parseAnswer([ENDPOINT, "--from", "c.pcapng", "--dialect", "json-rpc", "--as", "router", "--delay", "20"]),
    {
      endpoint: ENDPOINT,
      from: { kind: "capture", path: "c.pcapng" },
      socket: "ROUTER",
      dialect: "json-rpc",
      delayMs: 20,
      keys: null,
    },
  );
});

test("answer speaks CURVE or PLAIN with its clients, and nothing behind its tap", () => {
  const legs = (args: readonly string[]): unknown => {
    const options = parseAnswer([ENDPOINT, ...REPLIES, ...args]);
    return typeof options === "string" ? options : [options.keys?.clientLeg, options.keys?.serverLeg];
  };
  assert.deepEqual(legs(["--curve-server", "a.key_secret"]), ["CURVE", "NULL"]);
  assert.deepEqual(legs(["--plain-user", "ann"]), ["PLAIN", "NULL"]);
});

for (const [args, problem] of [
  [[], /endpoint is missing/],
  [[ENDPOINT, "x", ...REPLIES], /"x" is one too many/],
  [[KEY, ...REPLIES], /^A key was given/],
  [["nonsense", ...REPLIES], /cannot be listened on/],
  [[ENDPOINT], /either --from .* or --replies/],
  [[ENDPOINT, ...REPLIES, "--from", "c.pcapng"], /either/],
  [[ENDPOINT, "--from", ""], /name of a file/],
  [[ENDPOINT, ...REPLIES, "--as", "PUB"], /REP or ROUTER, not "PUB"/],
  [[ENDPOINT, ...REPLIES, "--dialect", "klingon"], /one of raw, .*, not "klingon"/],
  [[ENDPOINT, ...REPLIES, "--delay=-1"], /not "-1"/],
  [[ENDPOINT, ...REPLIES, "--delay", ""], /milliseconds/],
  [[ENDPOINT, ...REPLIES, "--curve-allow", "a.key"], /needs --curve-server/],
] as const) {
  test(`answer refuses ${JSON.stringify(args)}`, () => {
    const parsed = parseAnswer(args);
    assert.match(typeof parsed === "string" ? parsed : "", problem);
  });
}

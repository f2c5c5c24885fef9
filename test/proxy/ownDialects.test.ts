import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { Inspector } from "../../src/proxy/inspector.ts";
import type { OwnDialects } from "../../src/proxy/ownDialects.ts";
import type { OwnKind } from "../../src/shared/ownDialects.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { octets } from "../support/dialects.ts";
import { OWN_EXAMPLES as EXAMPLES, ownDialects } from "../support/ownDialects.ts";

type Rig = {
  readonly own: OwnDialects;
  readonly off: string[];
  /** Resolves with the message of a module that is switched off. */
  readonly switchedOff: Promise<string>;
  /** Resolves when rows would be others than those that were read. */
  readonly saidLate: Promise<void>;
  readonly capture: Capture;
  readonly inspector: Inspector;
};

/** An inspector of an empty capture whose user has these modules. */
async function rig(t: TestContext, modules: Readonly<Record<string, string>>, kind: OwnKind = "dialect"): Promise<Rig> {
  const off: string[] = [];
  let tell = (_message: string): void => undefined;
  let late = (): void => undefined;
  const saidLate = new Promise<void>((resolve) => (late = resolve));
  const switchedOff = new Promise<string>((resolve) => (tell = resolve));
  const onOff = (message: string): void => {
    off.push(message);
    tell(message);
  };
  const own = await ownDialects(t, modules, { kind, onOff, onLate: () => late() });
  const capture = new Capture({ maxBytes: 16 * MIB });
  const inspector = new Inspector(
    capture,
    () => 1,
    () => undefined,
    () => own,
  );
  return { own, off, switchedOff, saidLate, capture, inspector };
}

function talk(capture: Capture, lines: readonly string[]): void {
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  for (const [index, line] of lines.entries()) say(capture, link, index % 2 === 0 ? 0 : 1, ["", line]);
}

const read = async ({ inspector }: Rig): Promise<unknown[]> =>
  (await inspector.readRows({ filter: null, from: 0, count: 500 })).rows.map((row) => [
    row.dialect,
    row.saidKind,
    row.method,
    row.status,
    row.problem,
  ]);

test("The dialect of the documentation says what messages are, in rows and details, and writes calls", async (t) => {
  const built = await rig(t, { warehouse: EXAMPLES[0]! });
  talk(built.capture, ["GET apples", "OK 12", "GET pears", "ERR no such thing", "something else"]);
  built.capture.paired(3, 4, false);
  assert.deepEqual(await read(built), [
    ["warehouse", "call", "GET", "none", ""],
    ["warehouse", "reply", "", "none", ""],
    ["warehouse", "call", "GET", "error", "no such thing"],
    ["warehouse", "error", "", "error", "no such thing"],
    [null, null, "", "none", ""],
  ]);
  const { said } = await built.inspector.readMessage(2);
  assert.deepEqual([said?.dialect, said?.title, said?.value], ["warehouse", "Warehouse", "12"]);
  const call = { method: "GET", args: ["apples"], kwargs: {}, fields: {} };
  assert.deepEqual(await built.own.encode("warehouse", call), { frames: [octets("GET apples")] });
  assert.equal(await built.own.encode("unknown", call), null);
  assert.deepEqual(built.off, []);
});

test("The decoder of the documentation decodes its frames, and leaves others to those that are built in", async (t) => {
  const built = await rig(t, { temperatures: EXAMPLES[1]! }, "decoder");
  const link = openLink(built.capture);
  say(built.capture, link, 0, [Uint8Array.of(0x54, 0, 215)]);
  say(built.capture, link, 0, ['{"a":1}']);
  const decode = (n: number, decoder: "own:temperatures" | "own:gone" | null) =>
    built.inspector.decodeFrame({ n, frame: 0, decoder });
  assert.deepEqual((await decode(1, null)).decoded, { kind: "tree", json: '{"celsius":21.5}', truncated: false });
  assert.equal((await decode(1, "own:temperatures")).decoder, "own");
  assert.equal((await decode(2, null)).decoder, "json");
  assert.equal((await decode(1, "own:gone")).decoded.kind, "none");
});

for (const [what, code, says] of [
  ["throws", "export default { decode() { throw new RangeError('no luck'); } };", /threw RangeError: no luck/],
  ["hangs", "export default { decode() { for (;;) new Array(100).fill(1); } };", /took longer than 1000 ms/],
  [
    "eats memory",
    "const all = []; export default { decode() { for (;;) all.push(new Array(1e6).fill(all.length)); } };",
    /more than 64 MB of memory/,
  ],
  ["returns nonsense", "export default { decode: () => ({ kind: 'joke' }) };", /returned no "kind"/],
  ["returns a function", "export default { decode: () => ({ kind: 'call', args: [() => 1] }) };", /holds a function/],
  ["ends its process", "export default { decode: () => process.exit(1) };", /ended by itself/],
  ["cannot be loaded", "export default {", /cannot be loaded: SyntaxError/],
  ["exports nothing", "export const decode = 1;", /has no default export/],
] as const) {
  test(`A module that ${what} is switched off with one message, and the others go on`, async (t) => {
    const built = await rig(t, { bad: code, warehouse: EXAMPLES[0]! });
    talk(built.capture, ["GET a", "OK 1", "GET b", "OK 2"]);
    // Rows do not wait for a module that hangs; they are there at once, and again when it is off.
    await read(built);
    const message = await built.switchedOff;
    assert.match(message, says);
    assert.match(message, /^The dialect "bad" is switched off: .*Correct .*bad[.]mjs and save it/s);
    await built.own.withSaid(built.capture, []);
    const { own, capture, inspector } = built;
    const again = await inspector.readMessage(4);
    assert.equal(again.said?.dialect, "warehouse");
    assert.deepEqual(own.names("dialect"), ["warehouse"]);
    assert.equal(built.off.length, 1);
    assert.equal(capture.lastN, 4);
  });
}

test("The event loop never waits for a module that hangs", async (t) => {
  const built = await rig(t, { bad: "export default { decode() { for (;;); } };" });
  talk(built.capture, ["a", "b", "c", "d"]);
  let longestMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
  }, 5);
  await read(built);
  await built.switchedOff;
  clearInterval(timer);
  assert.ok(longestMs < 700, `${longestMs} ms`);
});

test("Rows do not wait long for a slow module, and are told of what it says later", async (t) => {
  const slow =
    "export default { decode: async () => (await new Promise((r) => setTimeout(r, 300)), { kind: 'event' }) };";
  const built = await rig(t, { slow });
  talk(built.capture, ["a", "b", "c"]);
  assert.notDeepEqual((await read(built)).at(-1), ["slow", "event", "", "none", ""]);
  await built.saidLate;
  assert.deepEqual((await read(built)).at(-1), ["slow", "event", "", "none", ""]);
});

test("A module that failed is loaded anew when the modules are set again", async (t) => {
  const built = await rig(t, { warehouse: "export default {" });
  talk(built.capture, ["GET a"]);
  await read(built);
  const message = await built.switchedOff;
  const path = /Correct (.*) and save it/.exec(message)![1]!;
  await writeFile(path, EXAMPLES[0]!);
  built.own.set([{ name: "warehouse", kind: "dialect", module: path }]);
  assert.deepEqual(await read(built), [["warehouse", "call", "GET", "none", ""]]);
});

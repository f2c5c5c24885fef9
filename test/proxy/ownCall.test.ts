import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Reply, Router } from "zeromq";
import { Caller } from "../../src/proxy/caller.ts";
import { writeOwnCall } from "../../src/proxy/ownCall.ts";
import type { CallBody, CallRequest } from "../../src/shared/calls.ts";
import type { EngineNotice } from "../../src/shared/engineProtocol.ts";
import type { CallSocket } from "../../src/shared/model.ts";
import { OWN_EXAMPLES, ownDialects } from "../support/ownDialects.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

const text = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString());
const get = (what: string, socket: CallSocket = "REQ"): CallBody => ({
  kind: "dialect",
  dialect: "own:warehouse",
  call: { method: "GET", args: [what], kwargs: {}, fields: {} },
  socket,
});
const asking = (change: Partial<CallRequest>): CallRequest => ({
  call: "1",
  target: { kind: "tap", tap: "tap" },
  body: get("apples"),
  timeoutMs: 5000,
  retries: 0,
  security: null,
  ...change,
});

/** A caller whose user has the dialect of the documentation, and a warehouse behind a tap. */
async function warehouse(t: TestContext) {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const answers: Readonly<Record<string, string>> = {
    "GET apples": "OK 12",
    "GET noise": "?!",
    "GET much": `OK ${"1".repeat(70_000)}`,
  };
  void (async () => {
    for await (const [asked] of server) await server.send(answers[String(asked)] ?? "ERR no such thing");
  })();
  const own = await ownDialects(t, { warehouse: OWN_EXAMPLES[0]! });
  const { engine, attach, rows } = tappedEngine(t);
  const notices: EngineNotice[] = [];
  const caller = new Caller(
    engine,
    (notice) => notices.push(notice),
    () => own,
  );
  t.after(() => caller.cancelAll());
  await attach(server.lastEndpoint!);
  return { caller, own, rows, notices };
}

test("A call in a dialect of the user's own is written by its module, and its answer read by it", async (t) => {
  const { caller, rows } = await warehouse(t);
  assert.deepEqual(text((await caller.preview(get("apples"))).frames), ["GET apples"]);
  const { kind, dialect, reply, request } = await caller.call(asking({}));
  assert.deepEqual([kind, dialect, reply?.said?.kind, reply?.said?.json], ["ok", "own:warehouse", "reply", "12"]);
  assert.ok(rows().some(({ n, origin }) => n === request && origin === "call"));
});

test("An error that the module reads, and an answer that it does not read, are errors of the call", async (t) => {
  const { caller } = await warehouse(t);
  const failed = await caller.call(asking({ body: get("pears") }));
  assert.deepEqual([failed.kind, failed.reply?.said?.problem], ["error", "no such thing"]);
  const noise = await caller.call(asking({ body: get("noise") }));
  assert.deepEqual([noise.kind, noise.reply?.said], ["error", null]);
  assert.match(noise.reply?.problem ?? "", /"warehouse" does not read this/);
  // Modules are shown short messages only.
  const long = await caller.call(asking({ body: get("much") }));
  assert.deepEqual([long.kind, long.reply?.said, long.reply?.frames[0]?.length], ["error", null, 70_003]);
});

test("A repeated call has its frames written anew for each", async (t) => {
  const { caller } = await warehouse(t);
  const { counts, last } = await caller.repeat({ request: asking({}), plan: { count: 3, perSecond: null } });
  assert.deepEqual([counts.ok, last.reply?.said?.json], [3, "12"]);
});

test("On a DEALER the delimiter is sent, and what comes besides the answer is read as well", async (t) => {
  const { caller } = await warehouse(t);
  const router = new Router();
  t.after(() => router.close());
  await router.bind("tcp://127.0.0.1:*");
  const target = { kind: "endpoint", endpoint: router.lastEndpoint! } as const;
  const calling = caller.call(asking({ target, body: get("apples", "DEALER") }));
  const [identity, ...frames] = await router.receive();
  assert.deepEqual(text(frames), ["", "GET apples"]);
  await router.send([identity!, "", "OK 7"]);
  assert.equal((await calling).reply?.said?.json, "7");
});

test("A late reply is read by the module, too", async (t) => {
  const { own } = await warehouse(t);
  const router = new Router();
  t.after(() => router.close());
  await router.bind("tcp://127.0.0.1:*");
  const { engine } = tappedEngine(t);
  let tell = (_notice: EngineNotice): void => undefined;
  const told = new Promise<EngineNotice>((resolve) => (tell = resolve));
  const caller = new Caller(
    engine,
    (notice) => tell(notice),
    () => own,
  );
  t.after(() => caller.cancelAll());
  const target = { kind: "endpoint", endpoint: router.lastEndpoint! } as const;
  const calling = caller.call(asking({ target, timeoutMs: 300 }));
  const [identity, delimiter] = await router.receive();
  assert.equal((await calling).kind, "timeout");
  await router.send([identity!, delimiter!, "OK 9"]);
  const notice = await told;
  assert.ok(notice.kind === "call/late");
  assert.equal(notice.reply.said?.json, "9");
});

test("A call that no module can write is refused, and says why", async (t) => {
  const own = await ownDialects(t, {
    reader: "export default { decode: () => null };",
    picky: "export default { decode: () => null, encode() { throw new Error('no such method'); } };",
    odd: "export default { decode: () => null, encode: () => 7 };",
  });
  const write = (name: string, from: typeof own | null = own): Promise<CallBody> =>
    writeOwnCall({ ...get("x"), dialect: `own:${name}` } as CallBody, from);
  await assert.rejects(write("gone"), { code: "bad-call", message: /There is no dialect "gone"/i });
  await assert.rejects(write("picky", null), { code: "bad-call", message: /There is no dialect/i });
  await assert.rejects(write("reader"), { message: /has no encode function/ });
  // While a call is typed it cannot be written again and again, which switches nothing off.
  for (let turn = 0; turn < 4; turn++) await assert.rejects(write("picky"), { message: /threw Error: no such method/ });
  await assert.rejects(write("odd"), { message: /no list of frames/ });
  assert.deepEqual(own.names("dialect"), ["reader", "picky", "odd"]);
  assert.deepEqual(
    (await own.infos()).map(({ name, canCall }) => [name, canCall]),
    [
      ["own:picky", true],
      ["own:odd", true],
    ],
  );
  const frames = { kind: "frames", socket: "REQ", frames: [] } as const;
  assert.equal(await writeOwnCall(frames, null), frames);
});

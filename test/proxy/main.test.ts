import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Dealer, Reply, Request } from "zeromq";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import { startEngine } from "../support/engineProcess.ts";

test("the engine process taps, shows, searches and calls over its pipe, and ends with it", async (t) => {
  const { child, pipe, channel, notices, until } = startEngine(t);
  const limits = { maxBytes: 32 * 1024 * 1024, maxDiskBytes: 0, maxFrameBytes: 64 * 1024 };
  const hello = { version: ENGINE_PROTOCOL_VERSION, limits, storage: null };
  assert.equal((await channel.ask("engine/hello", hello)).pid, child.pid);
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  void (async () => {
    for await (const frames of server) await server.send(["re", ...frames]);
  })();
  const config = { id: "t", name: "t", server: server.lastEndpoint ?? "", listen: "tcp://127.0.0.1:*" };
  const state = await channel.ask("tap/start", { config, security: null });
  const client = new Request();
  t.after(() => client.close());
  client.connect(state.listening);
  await client.send(["needle"]);
  await client.receive();
  await until(() => notices.find((notice) => notice.kind === "capture/grew" && notice.stats.seen >= 4));
  const { rows } = await channel.ask("rows/read", { capture: 0, filter: null, from: 0, count: 10 });
  const request = rows.find((row) => row.kind === "message");
  assert.equal(request?.preview, "needle");
  const n = request.n;
  assert.equal((await channel.ask("rows/find", { capture: 0, filter: null, n })).position, n - 1);
  assert.deepEqual(
    (await channel.ask("message/frames", { capture: 0, n })).map((frame) => Buffer.from(frame).toString()),
    ["", "needle"],
  );
  assert.equal(
    Buffer.from(await channel.ask("bytes/read", { capture: 0, n, frame: 1, from: 0, count: 3 })).toString(),
    "nee",
  );
  assert.equal((await channel.ask("frame/decode", { capture: 0, n, frame: 1, decoder: null })).decoder, "text");
  assert.equal((await channel.ask("message/read", { capture: 0, n })).row.n, n);
  assert.match(await channel.ask("message/copy", { capture: 0, n, format: "python" }), /needle/);
  const search = await channel.ask("filter/start", { capture: 0, text: "NEEDLE", fold: false });
  await until(() => notices.find((notice) => notice.kind === "filter/advanced" && notice.state.hits === 2));
  await channel.ask("filter/stop", { filter: search.filter });
  const call = {
    call: "c",
    target: { kind: "tap", tap: "t" },
    body: { kind: "frames", socket: "REQ", frames: [Buffer.from("x")] },
    timeoutMs: 5000,
    retries: 0,
    security: null,
  } as const;
  assert.equal((await channel.ask("call/send", call)).kind, "ok");
  const plan = { count: 2, perSecond: null };
  assert.equal((await channel.ask("call/repeat", { request: call, plan })).counts.ok, 2);
  assert.equal((await channel.ask("call/preview", { body: call.body })).frames.length, 1);
  assert.equal((await channel.ask("call/read", { capture: 0, n, dialect: null })).dialect, "raw");
  assert.deepEqual((await channel.ask("call/methods", { tap: "t", dialect: "raw" })).methods, []);
  assert.equal((await channel.ask("dialects/list", null))[0]?.name, "raw");
  await channel.ask("call/cancel", { call: "c" });
  assert.match((await channel.ask("replay/send", { n })).summary, /Replayed/);
  await channel.ask("tap/retarget", { tap: "t", server: server.lastEndpoint ?? "" });
  assert.equal((await channel.ask("tap/list", null)).length, 1);
  assert.equal(
    (await channel.ask("engine/limit", { ...limits, maxBytes: 16 * 1024 * 1024 })).maxBytes,
    16 * 1024 * 1024,
  );
  const drawn = await channel.ask("picture/overview", { capture: 0 });
  assert.deepEqual(
    drawn.taps.map(({ tapName }) => tapName),
    ["t"],
  );
  assert.ok((await channel.ask("picture/latency", { capture: 0 })).methods[0]!.replies > 0);
  assert.deepEqual((await channel.ask("picture/topics", { capture: 0, prefix: "" })).topics, []);
  assert.ok((await channel.ask("picture/links", { capture: 0 })).links.length > 1);
  assert.equal((await channel.ask("picture/topology", { capture: 0 })).nodes[0]!.label, "t");
  const { problems, seen } = await channel.ask("fidelity/read", { tap: "t" });
  assert.deepEqual([problems, seen > 4], [[], true]);
  assert.equal((await channel.ask("capture/clear", { keepPinned: false })).kept, 0);
  assert.ok((await channel.ask("capture/stats", { capture: 0 })).evicted > 0);
  await channel.ask("tap/stop", { tap: "t" });
  await channel.ask("tap/remove", { tap: "t" });
  const ended = once(child, "exit");
  pipe.end();
  assert.deepEqual(await ended, [0, null]);
});

test("the engine process tells what is found, and looks no more for what is switched off", async (t) => {
  const { channel, notices, until } = startEngine(t);
  const limits = { maxBytes: 32 * 1024 * 1024, maxDiskBytes: 0, maxFrameBytes: 64 * 1024 };
  await channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage: null });
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const config = { id: "t", name: "t", server: server.lastEndpoint ?? "", listen: "tcp://127.0.0.1:*" };
  const state = await channel.ask("tap/start", { config, security: null });
  const dealer = new Dealer({ linger: 0 });
  t.after(() => dealer.close());
  dealer.connect(state.listening);
  await dealer.send(["no delimiter"]);
  const told = await until(() =>
    notices.find((notice) => notice.kind === "findings/changed" && notice.counts.error === 1),
  );
  assert.equal(told.kind === "findings/changed" && told.capture === 0 && told.pending === 1, true);
  const { findings, pending } = await channel.ask("findings/read", { capture: 0 });
  assert.deepEqual(
    [findings.map(({ id, tap, link }) => [id, tap, link]), pending.map(({ tap, link }) => [tap, link])],
    [[["rep-missing-delimiter", "t", 1]], [["t", 1]]],
  );
  await channel.ask("findings/disable", { disabled: ["rep-missing-delimiter"] });
  assert.deepEqual((await channel.ask("findings/read", { capture: 0 })).findings, []);
});

test("the engine process refuses a host of another protocol, and failures reach the host as sentences", async (t) => {
  const { channel } = startEngine(t);
  await assert.rejects(
    channel.ask("engine/hello", {
      version: 0,
      limits: { maxBytes: 1, maxDiskBytes: 0, maxFrameBytes: 1 },
      storage: null,
    }),
    {
      code: "wrong-engine",
    },
  );
  await assert.rejects(channel.ask("tap/stop", { tap: "none" }), { code: "not-greeted" });
  const limits = { maxBytes: 1, maxDiskBytes: 0, maxFrameBytes: 1 };
  await channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage: null });
  await assert.rejects(channel.ask("tap/stop", { tap: "none" }), { code: "no-such-tap" });
});

test("the engine process starts, lists and stops interventions, and lets held messages go, edited or not", async (t) => {
  const { channel, notices, until } = startEngine(t);
  const limits = { maxBytes: 32 * 1024 * 1024, maxDiskBytes: 0, maxFrameBytes: 64 * 1024 };
  await channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage: null });
  assert.deepEqual(await channel.ask("intervention/list", null), []);
  assert.deepEqual(await channel.ask("intervention/stop", { id: null }), []);
  assert.deepEqual(await channel.ask("held/list", null), { total: 0, messages: [] });
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  void (async () => {
    for await (const frames of server) await server.send(["re", ...frames]);
  })();
  const config = { id: "t", name: "t", server: server.lastEndpoint ?? "", listen: "tcp://127.0.0.1:*" };
  const { listening } = await channel.ask("tap/start", { config, security: null });
  const started = await channel.ask("intervention/start", { tap: "t", spec: "hold 60s c2s", seed: 1 });
  assert.deepEqual(await channel.ask("intervention/list", null), [started]);
  const client = new Request();
  t.after(() => client.close());
  client.connect(listening);
  const untilHeld = (count: number): Promise<unknown> =>
    until(() => {
      const last = notices.findLast((notice) => notice.kind === "interventions/changed");
      return last?.held === count ? last : undefined;
    });
  const ask = async (text: string): Promise<number> => {
    await client.send(text);
    await untilHeld(1);
    return (await channel.ask("held/list", null)).messages[0]!.id;
  };
  const first = await ask("one");
  const frames = await channel.ask("held/frames", { id: first });
  assert.deepEqual(
    frames.map((frame) => Buffer.from(frame).toString()),
    ["", "one"],
  );
  await channel.ask("held/release", { id: first, frames: [Buffer.alloc(0), Buffer.from("other")] });
  assert.deepEqual((await client.receive()).map(String), ["re", "other"]);
  await untilHeld(0);
  await ask("two");
  await channel.ask("held/release", { id: null });
  assert.deepEqual((await client.receive()).map(String), ["re", "two"]);
  await assert.rejects(channel.ask("held/drop", { id: first }), { code: "held-gone" });
  assert.deepEqual(await channel.ask("intervention/stop", { id: started.id }), []);
});

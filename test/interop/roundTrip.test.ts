import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { openCaptureFile } from "../../src/cli/openCaptureFile.ts";
import type { Capture } from "../../src/proxy/capture/capture.ts";
import { toDetail } from "../../src/proxy/details.ts";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow } from "../../src/proxy/files/writeRows.ts";
import { jsonLine } from "../../src/proxy/jsonLines.ts";
import { toRow } from "../../src/proxy/rows.ts";
import { Sender } from "../../src/proxy/sender.ts";
import type { Row } from "../../src/shared/model.ts";
import { NO_SECURITY } from "../support/security.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { checkExpert, requireTshark, tshark } from "./support/tshark.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-round-"));
const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
before(requireTshark);
after(async () => {
  await python.stop();
  await javascript.stop();
  rmSync(folder, { recursive: true });
});

const countOf = ({ rows }: TappedEngine, fits: (row: Row) => boolean): number => rows().filter(fits).length;

/** Requests that are answered, abandoned and lost, publications, encrypted links, heartbeats, a replay, marks. */
async function liveTraffic(t: TestContext): Promise<TappedEngine> {
  const tapped = tappedEngine(t, 64 * 1024 * 1024);
  const { engine, until } = tapped;
  const closing: PeerSocket[] = [];
  const open = async (...[kind, options]: Parameters<PythonPeer["open"]>): Promise<PeerSocket> => {
    const socket = await python.open(kind, options);
    closing.push(socket);
    return socket;
  };

  const rep = await javascript.open("REP");
  const asked = await tapped.attach(await rep.bind("tcp://127.0.0.1:*"), "questions");
  const req = await open("REQ", { identity: "asker", relaxed: true, correlate: true });
  await req.connect(asked);
  for (let round = 0; round < 10; round++) {
    await req.send(text(`{"question":${round}}`, "?".repeat(round * 1000)));
    await rep.receive();
    await rep.send(text(`{"answer":${round}}`));
    await req.receive();
  }
  await req.send(text("never mind"));
  await rep.receive();
  const question = tapped.rows().find(({ preview }) => preview.includes("question"))!;
  const replaying = new Sender(engine).replay({ n: question.n, confirmed: true, timeoutMs: 30_000 });
  await rep.send(text("too late"));
  await rep.receive();
  await rep.send(text("again"));
  assert.notEqual((await replaying).answer, null);
  await req.send(text("the last one, which is lost"));
  await rep.receive();

  const router = await python.open("ROUTER");
  const changing = await open("REQ", { identity: "changes its mind", relaxed: true });
  await changing.connect(await tapped.attach(await router.bind("tcp://127.0.0.1:*"), "routed"));
  await changing.send(text("this"), text("no, that"));
  await router.receive(2);
  await router.send(text("changes its mind", "", "that"));
  await changing.receive();

  const xpub = await python.open("XPUB");
  const published = await tapped.attach(await xpub.bind("tcp://127.0.0.1:*"), "news ☂");
  for (const topic of ["", "a", "b"]) {
    const sub = await open("SUB");
    await sub.subscribe(topic);
    await sub.connect(published);
    await xpub.receive();
  }
  for (let round = 0; round < 20; round++) await xpub.send(text(round % 2 === 0 ? "a" : "b", "same", "x".repeat(5000)));
  await until(() => countOf(tapped, ({ tap, kind }) => tap === "news ☂" && kind === "message") === 40);

  const pair = curveKeyPair();
  const heartbeats = { heartbeatMs: 5, heartbeatTimeoutMs: 10_000 };
  const pull = await python.open("PULL", { ...curveServer(pair), ...heartbeats });
  const sealed = {
    id: "sealed",
    name: "sealed",
    server: await pull.bind("tcp://127.0.0.1:*"),
    listen: "tcp://127.0.0.1:*",
  };
  const { listening } = await engine.startTap(sealed, { ...NO_SECURITY, serverPair: pair });
  const passing = await tapped.attach(sealed.server, "passing");
  for (const endpoint of [listening, passing]) {
    const push = await open("PUSH", { ...curveClient(pair.publicKey, curveKeyPair()), ...heartbeats });
    await push.connect(endpoint);
    for (let round = 0; round < 5; round++) await push.send(text(`job ${round}`, "y".repeat(20_000 * round)));
    await pull.receive(5);
  }
  await until(() => countOf(tapped, ({ event }) => event === "pong") > 2);

  for (const socket of closing) await socket.close();
  await until(() => tapped.engine.taps.every(({ links }) => links.length === 0));
  engine.capture.mark(question.n, { pinned: true, note: "the first ☂\nof many" });
  engine.capture.mark(question.partner!, { note: "its answer" });
  const publication = tapped.rows().find(({ copies }) => copies > 0)!;
  engine.capture.mark(publication.n, { pinned: true });
  for (const socket of [rep, router, xpub, pull]) await socket.close();
  return tapped;
}

/** Rows and their details as a user sees them, those of a link and those of other taps in order. */
function everything(capture: Capture): unknown[] {
  return Array.from({ length: capture.lastN - capture.firstN + 1 }, (_, at) => {
    const n = capture.firstN + at;
    const raw = capture.row(n)!;
    const detail = toDetail(capture, n)!;
    return {
      row: toRow(capture, n),
      timeNs: capture.clock.toIso(raw.timeNs),
      latencyNs: raw.latencyNs,
      frames: detail.frames,
      link: detail.link,
      event: detail.event,
      line: [...jsonLine(capture, raw, true, capture.markOf(n))].join(""),
    };
  });
}

async function exported(capture: Capture, name: string): Promise<string> {
  const path = join(folder, name);
  const rows = everyRow(capture.firstN, capture.lastN);
  await exportCapture({ capture, rows, format: "pcapng", path, markOf: (n) => capture.markOf(n) });
  checkExpert(path);
  return path;
}

async function opened(t: TestContext, path: string): Promise<Capture> {
  const { capture, watch, read, close } = await openCaptureFile(path, { isWhole: true, findings: { disabled: [] } });
  t.after(close);
  assert.equal(await read(() => Promise.resolve()), null);
  await watch!.settled();
  return capture;
}

/** What other programs see of a file, but for what is random in it. */
const seen = (path: string): string =>
  tshark(
    path,
    ...["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.interface_name", "-e", "tcp.stream", "-e", "ip.src"],
    ...["-e", "tcp.srcport", "-e", "tcp.flags", "-e", "tcp.seq", "-e", "tcp.payload", "-e", "frame.comment"],
  );

test("What is exported and opened again is what was captured, and can be exported as it was", async (t) => {
  const { engine, rows } = await liveTraffic(t);
  await (await engine.watch).settled();
  const live = everything(engine.capture);
  for (const state of ["answered", "reply", "abandoned", "lost"] as const) {
    assert.ok(
      rows().some(({ exchange }) => exchange === state),
      state,
    );
  }
  for (const name of ["handshake", "subscribe", "ping", "pong", "link-closed"]) {
    assert.ok(
      rows().some(({ event }) => event === name),
      name,
    );
  }
  assert.ok(rows().some(({ origin }) => origin === "replay"));
  assert.ok(rows().some(({ kind }) => kind === "encrypted"));
  assert.ok(rows().some(({ decrypted, kind }) => decrypted && kind === "message"));
  const first = await exported(engine.capture, "first.pcapng");
  const again = await opened(t, first);
  assert.deepEqual(everything(again), live);
  const { copies, copyBytes, pinned } = again.stats();
  assert.deepEqual(
    { copies, copyBytes, pinned },
    (({ copies, copyBytes, pinned }) => ({ copies, copyBytes, pinned }))(engine.capture.stats()),
  );
  const second = await exported(again, "second.pcapng");
  assert.equal(seen(second), seen(first));
  assert.deepEqual(everything(await opened(t, second)), live);
});

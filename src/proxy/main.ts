import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { Packr } from "msgpackr";
import { Channel } from "../shared/channel.ts";
import {
  ENGINE_PROTOCOL_VERSION,
  type EngineLimits,
  type EngineNotice,
  type EngineRequests,
} from "../shared/engineProtocol.ts";
import { RecordReader } from "../shared/recordReader.ts";
import type { Bridges } from "./bridges.ts";
import type { Caller } from "./caller.ts";
import { Captures } from "./captures.ts";
import { collectInOneStep } from "./collector.ts";
import { Engine } from "./engine.ts";
import { notGreeted, wrongEngine } from "./faults.ts";
import { Exports } from "./exports.ts";
import { HostPipe } from "./hostPipe.ts";
import { LiveCapture } from "./liveCapture.ts";
import { Protos } from "./protos.ts";
import type { OwnDialects } from "./ownDialects.ts";
import { Replays } from "./replays.ts";
import type { Sender } from "./sender.ts";
import type { WebBridges } from "./webBridges.ts";

/** Where the host's end of the protocol pipe is. */
const PIPE_FD = 3;

/** The engine process of the editor: serves the engine protocol on fd 3, and ends when that pipe does. */
function main(): void {
  collectInOneStep();
  const packr = new Packr();
  const pipe = new Socket({ fd: PIPE_FD, readable: true, writable: true });
  const log = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  };
  let parts: Parts | undefined;
  const ready = (): Parts => {
    if (parts === undefined) throw notGreeted();
    return parts;
  };
  const host = new HostPipe(pipe, (value) => packr.pack(value));
  const channel = new Channel<Record<string, never>, never, EngineRequests, EngineNotice>(
    host,
    {
      "engine/hello": async ({ version, limits, storage }) => {
        if (version !== ENGINE_PROTOCOL_VERSION) throw wrongEngine(ENGINE_PROTOCOL_VERSION, version);
        parts ??= await start(limits, storage, (notice) => channel.notify(notice), log);
        const { recoverable } = parts.engine.live;
        return { version: ENGINE_PROTOCOL_VERSION, pid: process.pid, recoverable };
      },
      "engine/limit": (limits) => ready().engine.setLimits(limits),
      "tap/start": ({ config, security, dialectKey, destinations }) =>
        ready().engine.startTap(config, security, dialectKey, destinations),
      "tap/secure": ({ tap, security }) => ready().engine.secureTap(tap, security),
      "tap/fit": ({ tap, pairs }) => ready().engine.fittingKeys(tap, pairs),
      "tap/admit": ({ tap, client, allow }) => ready().engine.admit(tap, client, allow),
      "tap/stop": ({ tap }) => ready().engine.stopTap(tap),
      "tap/remove": async ({ tap }) => {
        await ready().engine.removeTap(tap);
        return null;
      },
      "tap/retarget": ({ tap, server }) => ready().engine.retargetTap(tap, server),
      "tap/watchAll": ({ tap, on }) => ready().engine.watchAll(tap, on),
      "tap/list": () => ready().engine.taps,
      "bridge/start": async ({ config, security, folder }) => (await ready().bridges()).start(config, security, folder),
      "bridge/stop": async ({ bridge }) => (await ready().bridges()).stop(bridge),
      "bridge/remove": async ({ bridge }) => {
        await (await ready().bridges()).remove(bridge);
        return null;
      },
      "bridge/list": async () => (await ready().bridges()).states,
      "webBridge/start": async ({ config }) => (await ready().webBridges.get()).start(config),
      "webBridge/stop": async ({ bridge }) => (await ready().webBridges.get()).stop(bridge),
      "webBridge/remove": async ({ bridge }) => {
        await (await ready().webBridges.get()).remove(bridge);
        return null;
      },
      "capture/stats": ({ capture }) => ready().captures.stats(capture),
      "capture/clear": ({ keepPinned }) => ready().engine.clear({ keepPinned }),
      "capture/open": ({ path, kind }) => ready().captures.open(path, kind),
      "capture/close": async ({ capture }) => {
        await ready().captures.close(capture);
        return null;
      },
      "capture/discard": async ({ path }) => {
        await ready().engine.live.discard(path);
        return null;
      },
      "capture/export": (ask) => ready().exports.run(ask),
      "frames/export": ({ capture, n, folder }) => ready().exports.frames(capture, n, folder),
      "job/cancel": ({ job }) => {
        ready().exports.cancel(job);
        ready().replays.cancel(job);
        return null;
      },
      "rows/read": (ask) => ready().captures.inspector(ask.capture).readRows(ask),
      "rows/find": (ask) => ready().captures.inspector(ask.capture).findRow(ask),
      "row/mark": (ask) => ready().captures.inspector(ask.capture).mark(ask),
      "filter/start": (ask) => ready().captures.inspector(ask.capture).startFilter(ask),
      "filter/stop": ({ filter }) => {
        ready().captures.stopFilter(filter);
        return null;
      },
      "filter/values": (ask) => ready().captures.inspector(ask.capture).seenValues(ask),
      "dialect/choose": async ({ choices }) => {
        await ready().captures.chooseDialects(choices);
        return null;
      },
      "dialects/own": async ({ modules }) => {
        const { own } = ready();
        if (modules.length > 0) own.current ??= await (own.loading ??= makeOwn((notice) => channel.notify(notice)));
        own.current?.set(modules);
        return null;
      },
      "message/read": ({ capture, n }) => ready().captures.inspector(capture).readMessage(n),
      "frame/decode": (ask) => ready().captures.inspector(ask.capture).decodeFrame(ask, ready().protos.schema),
      "proto/load": ({ files }) => ready().protos.load(files),
      "bytes/read": (ask) => ready().captures.inspector(ask.capture).readBytes(ask),
      "message/copy": ({ capture, n, format }) =>
        ready().captures.inspector(capture).copyMessage(n, format, ready().engine.dialectKeys),
      "message/follow": ({ capture, n, what }) => ready().captures.inspector(capture).follow(n, what),
      "message/normalised": ({ capture, n }) => ready().captures.inspector(capture).normalised(n),
      "message/frames": async (ask) => {
        const { capture } = ready().captures.inspector(ask.capture);
        await capture.prepare(ask.n);
        return (await ready().sender()).wholeFrames(ask.n, capture);
      },
      "replay/send": async (ask) => (await ready().sender()).replay(ask),
      "call/send": async (ask) => (await ready().caller()).call(ask),
      "call/repeat": async (ask) => (await ready().caller()).repeat(ask),
      "call/preview": async ({ body }) => (await ready().caller()).preview(body),
      "call/read": async ({ capture, n, dialect }) => {
        const { engine, captures, own } = ready();
        const { readCall } = await import("./calls.ts");
        return readCall(captures.inspector(capture).capture, n, dialect, engine.dialectKeys, own.current);
      },
      "call/methods": async ({ tap, dialect }) => {
        const { engine } = ready();
        return (await import("./calls.ts")).seenCalls(engine, tap, dialect);
      },
      "pattern/test": async ({ pattern, text }) => (await import("./readFilter.ts")).testPattern(pattern, text),
      "dialects/calls": async () => {
        const { own } = ready();
        const { dialectInfos } = await import("./calls.ts");
        await own.loading;
        return [...dialectInfos(), ...((await own.current?.infos()) ?? [])];
      },
      "dialects/list": async () => (await import("./calls.ts")).dialectInfos(),
      "replay/session": (ask) => ready().replays.run(ask),
      "replay/difference": ({ job, index }) => ready().replays.difference(job, index),
      "endpoint/probe": async (ask) => (await ready().sender()).probe(ask),
      "intervention/start": async ({ tap, spec, seed }) =>
        (await ready().engine.interventions()).start(tap, spec, seed),
      "intervention/stop": ({ id }) => ready().engine.interventionsNow?.stop(id) ?? [],
      "intervention/list": () => ready().engine.interventionsNow?.states ?? [],
      "held/list": () => ready().engine.interventionsNow?.held ?? { total: 0, messages: [] },
      "held/frames": async ({ id }) => (await ready().engine.interventions()).frames(id),
      "held/release": async ({ id, frames }) => {
        (await ready().engine.interventions()).release(id, frames);
        return null;
      },
      "held/drop": async ({ id }) => {
        (await ready().engine.interventions()).drop(id);
        return null;
      },
      "findings/read": ({ capture }) => ready().captures.findings(capture),
      "findings/disable": async ({ disabled }) => {
        await ready().captures.disableFindings(disabled);
        return null;
      },
      "findings/sequences": ({ sequences }) => {
        ready().captures.nameSequences(sequences);
        return null;
      },
      "picture/overview": async ({ capture }) => (await ready().captures.pictures(capture)).overview(),
      "picture/latency": async ({ capture }) => (await ready().captures.pictures(capture)).latency(),
      "picture/topics": async ({ capture, prefix }) => (await ready().captures.pictures(capture)).topics(prefix),
      "picture/links": async ({ capture }) => (await ready().captures.pictures(capture)).links(),
      "picture/topology": async ({ capture }) => (await ready().captures.pictures(capture)).topology(),
      "fidelity/read": ({ tap }) => ready().engine.fidelity(tap),
      "call/cancel": async ({ call }) => {
        (await ready().caller()).cancel(call);
        return null;
      },
    },
    () => undefined,
  );
  const reader = new RecordReader((body) => channel.receive(packr.unpack(body)));
  const end = (): void => {
    channel.close({ code: "host-gone", message: "The window is gone." });
    stop(parts).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  pipe.on("data", (chunk) => reader.push(chunk));
  pipe.once("end", end);
  pipe.once("close", end);
  pipe.on("error", () => undefined); // 'close' follows, and is what ends the engine.
}

type Parts = {
  readonly engine: Engine;
  readonly captures: Captures;
  readonly exports: Exports;
  readonly replays: Replays;
  readonly sender: () => Promise<Sender>;
  readonly protos: Protos;
  /** Dialects and decoders of the user's; `null` until there are any. */
  readonly own: { current: OwnDialects | null; loading: Promise<OwnDialects> | null };
  /** `end` ends those that were started, without loading them. */
  readonly webBridges: { readonly get: () => Promise<WebBridges>; readonly end: () => Promise<void> };
  readonly caller: () => Promise<Caller>;
  readonly bridges: () => Promise<Bridges>;
  /** Ends what runs, without loading what makes bridges. */
  readonly endBridges: () => Promise<void>;
  /** Ends what was called, without loading what calls. */
  readonly endCalls: () => Promise<void>;
};

/** The file of a module's process beside this one: a source file, or a bundle. */
function workerScript(): string {
  const script = process.argv[1] ?? "";
  return join(dirname(script), script.endsWith(".ts") ? "ownDialects/worker.ts" : "dialectWorker.cjs");
}

async function start(
  { maxBytes, maxDiskBytes, maxFrameBytes }: EngineLimits,
  storage: string | null,
  notify: (notice: EngineNotice) => void,
  onBug: (error: unknown) => void,
): Promise<Parts> {
  const live = await LiveCapture.open({ maxBytes, maxDiskBytes, storage });
  const engine = new Engine({ live, hasPictures: true, onNotice: notify, onBug });
  engine.setLimits({ maxBytes, maxDiskBytes, maxFrameBytes });
  const own: Parts["own"] = { current: null, loading: null };
  const captures = new Captures(engine, {
    own: () => own.current,
    onGrew: (stats) => notify({ kind: "capture/grew", stats }),
    onFilterAdvanced: (state) => notify({ kind: "filter/advanced", state }),
    onFindings: notify,
    onBug,
  });
  const exports = new Exports(captures, (progress) => notify({ kind: "export/advanced", progress }));
  let made: Promise<Caller> | undefined;
  const caller = (): Promise<Caller> =>
    (made ??= import("./calls.ts").then((calls) => new calls.Caller(engine, notify, () => own.current)));
  let bridging: Promise<Bridges> | undefined;
  const bridges = (): Promise<Bridges> =>
    (bridging ??= import("./bridges.ts").then(
      (module) => new module.Bridges(engine, (states) => notify({ kind: "bridge/changed", bridges: states })),
    ));
  let webBridging: Promise<WebBridges> | undefined;
  let sending: Promise<Sender> | undefined;
  const sender = (): Promise<Sender> => (sending ??= import("./sender.ts").then(({ Sender: Own }) => new Own(engine)));
  return {
    engine,
    captures,
    exports,
    replays: new Replays(engine, captures, (progress) => notify({ kind: "replay/advanced", progress })),
    sender,
    protos: new Protos(),
    webBridges: {
      get: () => (webBridging ??= makeWebBridges(engine, notify)),
      end: async () => (await webBridging)?.dispose(),
    },
    own,
    caller,
    endCalls: async () => (await made)?.dispose(),
    bridges,
    endBridges: async () => (await bridging)?.end(),
  };
}

/** Modules of the user's and what runs them are a file of their own, which an engine without any never loads. */
async function makeOwn(notify: (notice: EngineNotice) => void): Promise<OwnDialects> {
  const { OwnDialects: Own } = await import("./ownDialects.ts");
  return new Own({
    script: workerScript(),
    onOff: (name, message) => notify({ kind: "dialect/failed", name, message }),
    onLate: () => notify({ kind: "dialects/late" }),
  });
}

/** Web bridges and what they are made of are a file of their own, which an engine without any never loads. */
async function makeWebBridges(engine: Engine, notify: (notice: EngineNotice) => void): Promise<WebBridges> {
  const { WebBridges: Made } = await import("./webBridges.ts");
  const script = process.argv[1] ?? "";
  return new Made(engine, {
    clientFolder: join(dirname(script), script.endsWith(".ts") ? "../../dist/web" : "web"),
    onChange: (bridges) => notify({ kind: "webBridge/changed", bridges }),
  });
}

async function stop(parts: Parts | undefined): Promise<void> {
  parts?.own.current?.stop();
  await parts?.endCalls();
  await parts?.webBridges.end();
  await parts?.endBridges();
  await parts?.captures.stop();
  await parts?.engine.stop();
}

main();

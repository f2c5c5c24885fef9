import { statSync } from "node:fs";
import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { Packr } from "msgpackr";
import {
  ENGINE_PROTOCOL_VERSION,
  type EngineLimits,
  type EngineNotice,
  type EngineRunning,
} from "../shared/engineProtocol.ts";
import { scriptOf } from "../shared/engineDoor.ts";
import type { TapId } from "../shared/model.ts";
import type { Bridges } from "./bridges.ts";
import type { Caller } from "./caller.ts";
import { Captures } from "./captures.ts";
import { collectInOneStep } from "./collector.ts";
import { endProcess } from "./endProcess.ts";
import { Engine } from "./engine.ts";
import { notGreeted, wrongEngine } from "./faults.ts";
import { Exports } from "./exports.ts";
import { HostSeat } from "./hostSeat.ts";
import { Lingering } from "./lingering.ts";
import { LiveCapture } from "./liveCapture.ts";
import { Protos } from "./protos.ts";
import type { OwnDialects } from "./ownDialects.ts";
import { Replays } from "./replays.ts";
import type { Sender } from "./sender.ts";
import type { WebBridges } from "./webBridges.ts";

/** Where the first host's end of the protocol pipe is. */
const PIPE_FD = 3;
const MAX_LINE = 4096;

/**
 * The engine process of the editor: serves the engine protocol on fd 3. When that pipe ends it may go on for a while and serve
 * another host, see Lingering and HostDoor; else it ends.
 */
function main(): void {
  collectInOneStep();
  // Who read them is gone when the engine outlives its host.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const path = process.argv[1] ?? "";
  // As it is now: an update may write another one.
  const script = scriptOf(path, statSync(path, { throwIfNoEntry: false })?.mtimeMs);
  let isAdopted = false;
  const log = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    if (isAdopted) seat.notify({ kind: "engine/logged", line: text.slice(0, MAX_LINE) });
  };
  let parts: Parts | undefined;
  const ready = (): Parts => {
    if (parts === undefined) throw notGreeted();
    return parts;
  };
  let ending: Promise<void> | undefined;
  const end = (): void => {
    if (ending !== undefined) return;
    lingering?.close();
    ending = stop(parts);
    ending.then(
      () => endProcess(0),
      () => endProcess(1),
    );
  };
  let lingering: Lingering | undefined;
  const lingerIn = (folder: string | null): Lingering =>
    new Lingering({
      openDoor: async () => {
        if (folder === null) return null;
        // A file of its own, since an engine relays before it needs it.
        const { HostDoor } = await import("./hostDoor.ts");
        return HostDoor.open({
          folder,
          protocol: ENGINE_PROTOCOL_VERSION,
          script,
          mayEnter: () => !seat.isTaken && ending === undefined,
          onHost: (socket) => {
            isAdopted = true;
            lingering?.found();
            seat.take(socket);
          },
          // Its connection ends with the process.
          onEnd: () => end(),
        });
      },
      isOfUse: () => parts !== undefined && isOfUse(parts),
      onEnd: end,
      onProblem: log,
    });
  const seat: HostSeat = new HostSeat({
    newCodec: () => new Packr(),
    onLost: () => {
      if (parts !== undefined) abandon(parts).catch(log);
      if (lingering === undefined) end();
      else lingering.lost();
    },
    handlers: {
      "engine/hello": async ({ version, limits, storage, lingerMs = 0 }) => {
        if (version !== ENGINE_PROTOCOL_VERSION) throw wrongEngine(ENGINE_PROTOCOL_VERSION, version);
        if (parts === undefined) parts = await start(limits, storage, (notice) => seat.notify(notice), log);
        else parts.engine.setLimits(limits);
        if (isAdopted) setImmediate(() => void tellAll(ready()).catch(log));
        lingering ??= lingerIn(storage);
        // A host is not kept waiting for what only the next one needs.
        void lingering.set(lingerMs);
        const { recoverable } = parts.engine.live;
        return { version: ENGINE_PROTOCOL_VERSION, pid: process.pid, recoverable };
      },
      "engine/linger": async ({ ms }) => {
        ready();
        await lingering?.set(ms);
        return null;
      },
      "engine/running": () => running(ready()),
      "engine/limit": (limits) => ready().engine.setLimits(limits),
      "tap/start": ({ config, security, dialectKey, destinations, endsWithHost = false }) => {
        const { engine, ofHost } = ready();
        if (endsWithHost) ofHost.add(config.id);
        return engine.startTap(config, security, dialectKey, destinations);
      },
      "tap/secure": ({ tap, security }) => ready().engine.secureTap(tap, security),
      "tap/fit": ({ tap, pairs }) => ready().engine.fittingKeys(tap, pairs),
      "tap/admit": ({ tap, client, allow }) => ready().engine.admit(tap, client, allow),
      "tap/capture": ({ tap, on }) => ready().engine.captureTap(tap, on),
      "tap/stop": ({ tap }) => ready().engine.stopTap(tap),
      "tap/remove": async ({ tap }) => {
        const { engine, ofHost } = ready();
        ofHost.delete(tap);
        await engine.removeTap(tap);
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
        if (modules.length > 0) own.current ??= await (own.loading ??= makeOwn((notice) => seat.notify(notice)));
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
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, end);
  seat.take(new Socket({ fd: PIPE_FD, readable: true, writable: true }));
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
  /** `now` is what was loaded. */
  readonly webBridges: { readonly get: () => Promise<WebBridges>; readonly now: () => WebBridges | null };
  readonly caller: () => Promise<Caller>;
  readonly bridges: () => Promise<Bridges>;
  readonly bridgesNow: () => Bridges | null;
  /** Ends what was called, without loading what calls. */
  readonly endCalls: () => Promise<void>;
  /** Taps that end with their host. */
  readonly ofHost: Set<TapId>;
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
  let bridgesNow: Bridges | null = null;
  const bridges = (): Promise<Bridges> =>
    (bridging ??= import("./bridges.ts").then(
      (module) =>
        (bridgesNow = new module.Bridges(engine, (states) => notify({ kind: "bridge/changed", bridges: states }))),
    ));
  let webBridging: Promise<WebBridges> | undefined;
  let webBridgesNow: WebBridges | null = null;
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
      get: () => (webBridging ??= makeWebBridges(engine, notify).then((made) => (webBridgesNow = made))),
      now: () => webBridgesNow,
    },
    own,
    caller,
    endCalls: async () => (await made)?.cancelAll(),
    bridges,
    bridgesNow: () => bridgesNow,
    ofHost: new Set(),
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
  await parts?.webBridges.now()?.dispose();
  await parts?.bridgesNow()?.end();
  await parts?.captures.stop();
  await parts?.engine.stop();
}

/** Whether anything would be cut or lost if the engine ended. */
function isOfUse(parts: Parts): boolean {
  const { taps, bridges, webBridges } = running(parts);
  const isInMemoryOnly = parts.engine.live.isInMemoryOnly && parts.engine.stats().kept > 0;
  return (
    isInMemoryOnly ||
    taps.some(({ status }) => status !== "stopped" && status !== "failed") ||
    bridges.some(({ status }) => status === "starting" || status === "running") ||
    webBridges.some(({ status }) => status === "listening")
  );
}

function running({ engine, bridgesNow, webBridges }: Parts): EngineRunning {
  return { taps: engine.taps, bridges: bridgesNow()?.states ?? [], webBridges: webBridges.now()?.list() ?? [] };
}

/**
 * The host is gone: what it wanted for itself ends. So do its interventions, since nobody is there who could let go what they
 * hold, or would see what they do to traffic.
 */
async function abandon({ engine, captures, exports, replays, endCalls, ofHost }: Parts): Promise<void> {
  engine.interventionsNow?.stop(null);
  exports.cancel(null);
  replays.cancel(null);
  const fleeting = [...ofHost];
  ofHost.clear();
  await Promise.all([endCalls(), captures.stop(), ...fleeting.map((tap) => engine.removeTap(tap))]);
}

/** Tells a host that has adopted the engine what it would have heard before. */
async function tellAll({ engine, bridgesNow, webBridges }: Parts): Promise<void> {
  engine.tellAll();
  bridgesNow()?.tellAll();
  webBridges.now()?.tellAll();
  (await engine.watch).tellAll();
}

main();

import { setTimeout as delay } from "node:timers/promises";
import { type Endpoint, formatEndpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { EngineLimits, EngineNotice } from "../shared/engineProtocol.ts";
import {
  type CaptureStats,
  type EventName,
  LIVE_CAPTURE,
  type LinkState,
  type TapConfig,
  type TapId,
  type TapState,
} from "../shared/model.ts";
import type { Fidelity } from "../shared/pictures.ts";
import type { CurvePair, DestinationKeys, TapSecurity } from "../shared/security.ts";
import type { Sequence } from "../shared/sequences.ts";
import type { Capture } from "./capture/capture.ts";
import { type Capturing, newCapturing, passedBy, STOPPED, switchCapturing } from "./capturing.ts";
import type { CaptureWatch } from "./captureWatch.ts";
import type { TapListener } from "./findings/rule.ts";
import { DialectKeys } from "./dialectKeys.ts";
import type { Dialogue } from "./dialogue.ts";
import { type StandIn, withStandInLegs } from "../shared/standIn.ts";
import { withCaptured } from "../shared/tapConfig.ts";
import {
  badEndpoint,
  cannotWatch,
  capturedByItsServer,
  destinationIsFixed,
  httpHasNoKeys,
  isSocksServer,
  noSuchTap,
  OUT_OF_DESCRIPTORS,
  otherProtocol,
  standInHasNoServer,
  tapLoop,
  tapNotRunning,
} from "./faults.ts";
import { FanOut } from "./fanOut.ts";
import type { Interventions } from "./interventions.ts";
import { handshakeRow, identityText, mechanismOf } from "./capture/handshakeFacts.ts";
import type { HttpWatch } from "./httpWatch.ts";
import { LinkLog, type TapCounters } from "./linkLog.ts";
import { reaches } from "./relay/addresses.ts";
import { Admissions } from "./relay/admissions.ts";
import { type SharedDoor, Tap } from "./relay/tap.ts";
import { LiveCapture } from "./liveCapture.ts";
import { OpenLinks } from "./openLinks.ts";
import type { Pictures } from "./pictures.ts";
import type { TopologyTap } from "./pictures/topology.ts";
import { Rate } from "./rate.ts";
import { rowWords } from "./rowWords.ts";
import { LinkSecurity } from "./linkSecurity.ts";
import type { Answered } from "./rpc/answerer.ts";
import type { StandInSocket } from "./rpc/standInSocket.ts";
import { loadBoxes } from "./crypto/boxes.ts";
import type { SocksTaps } from "./socksTaps.ts";
import { pairsThatOpen, TapKeys } from "./tapKeys.ts";
import type { Boxes } from "./wire/curve/boxes.ts";
import { type FoldedFailures, Repeats } from "./repeats.ts";
import type { OpenSocketLog } from "./socketLink.ts";
import type { WatchAll } from "./watchAll.ts";
import type { LinkPlace } from "./wire/verdict.ts";

/** Least time between two notices of a kind. */
const NOTICE_MS = 100;
const LINKS_IN_STATE = 200;
const TOPICS_IN_STATE = 20;
/** Longest frame that a re-keyed link holds until it is whole, unless told otherwise. */
const DEFAULT_MAX_FRAME_BYTES = 1024 * 1024 * 1024;
const FAILING_IN_STATE = 20;
/** How long the end waits for messages to be read in their dialects. */
const SETTLE_MS = 1_000;

export type EngineTap = {
  config: TapConfig;
  /** Keys for links that come from now on. */
  keys: TapKeys | null;
  /** What a CURVE client of a relayed link said last. */
  hello: Uint8Array | null;
  readonly admissions: Admissions;
  readonly tap: Tap;
  /** The server of the engine's own behind the tap, if it has one. */
  readonly standIn: StandInSocket | null;
  readonly counters: TapCounters;
  /** Of a destination that of its SOCKS server. */
  readonly capturing: Capturing;
  readonly rate: Rate;
  /** Messages that the capture had from a tap of this id before. */
  readonly seenBefore: number;
  /** Open links by number. */
  readonly logs: Map<number, LinkLog>;
  readonly repeats: Repeats;
  /** Its own subscriber to all topics, while there is one. */
  watch: WatchAll | null;
};

export type EngineOptions = {
  /** Of a capture in memory; `live` is another one. */
  readonly maxBytes?: number;
  readonly live?: LiveCapture;
  /** Whether pictures of the capture may be asked for. */
  readonly hasPictures?: boolean;
  /** Told what changed, each kind at most 10 times a second. */
  readonly onNotice: (notice: EngineNotice) => void;
  /** Told of each call that a stand-in answered. */
  readonly onAnswered?: (tap: TapId, answered: Answered) => void;
  /** Told of failures that are bugs of ours; traffic flows on. */
  readonly onBug: (error: unknown) => void;
};

/** Taps and what they captured. The command line and the process behind the editor use the same one. */
export class Engine {
  readonly live: LiveCapture;
  readonly capture: Capture;
  /** What is said in the live capture. Its code is loaded behind that of the engine, before the first tap listens. */
  readonly dialogue: Promise<Dialogue>;
  /** What is found in it. Its code is loaded behind that of the dialogue; no row is missed meanwhile. */
  readonly watch: Promise<CaptureWatch>;
  /** What its pictures are drawn from; `null` where nobody asks for any. */
  readonly pictures: Promise<Pictures | null>;
  readonly dialectKeys = new DialectKeys();
  /** Where messages say which one they are, by the user's word; another list where that changes. */
  sequences: readonly Sequence[] = [];
  readonly #options: EngineOptions;
  readonly #taps = new Map<TapId, EngineTap>();
  /** What links of sockets of the engine's own have carried. */
  readonly ownCounters: TapCounters = noCounts();
  /** Links of taps, and of those sockets. */
  readonly openLinks = new OpenLinks();
  /** Taps that are SOCKS servers. Those of their destinations are among the others. */
  readonly #socks = new Map<TapId, SocksTaps>();
  readonly #rate = new Rate();
  #interventions: Interventions | null = null;
  #nextLink = 1;
  #boxes: Promise<Boxes> | undefined;
  #maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  #ticking: NodeJS.Timeout | undefined;
  #tickDueMs = 0;
  #captureGrew = false;
  #tapsChanged = false;
  #interventionsChanged = false;
  #ratesShown = false;
  #messages = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.live = options.live ?? LiveCapture.inMemory(options.maxBytes ?? 0);
    this.live.onChange = () => this.#grew();
    this.capture = this.live.capture;
    this.dialogue = import("./dialogue.ts").then(
      ({ Dialogue }) =>
        new Dialogue(this.capture, {
          onChange: () => this.#grew(),
          keyOf: (tapName) => this.dialectKeys.of(tapName),
        }),
    );
    const from = this.capture.lastN + 1;
    const parts = this.dialogue.then(() =>
      Promise.all([import("./captureWatch.ts"), options.hasPictures === true ? import("./pictures.ts") : null]),
    );
    this.watch = parts.then(
      ([{ CaptureWatch: Watch }]) =>
        new Watch(this.capture, {
          from,
          tappedEndpoints: () => this.#endpoints(),
          listeners: () => this.#listeners(),
          heldUpMs: (link) => this.#heldUpMs(link),
          sequences: () => this.sequences,
          onChange: (counts, pending) =>
            this.#options.onNotice({ kind: "findings/changed", capture: LIVE_CAPTURE, counts, pending }),
          onBug: this.#options.onBug,
        }),
    );
    this.pictures = Promise.all([this.watch, parts]).then(([watch, [, pictures]]) =>
      pictures === null ? null : this.#draw(watch, pictures),
    );
    this.#nextLink = this.capture.store.links.last + 1;
  }

  get taps(): readonly TapState[] {
    const socks = [...this.#socks.values()].map(({ state }) => state);
    return [...socks, ...[...this.#taps.values()].map((tap) => this.#state(tap))];
  }

  /** Throws a UserError for a tap that is gone; `name` is what the user knows it by. */
  tap(id: TapId, name: string = id): EngineTap {
    const tap = this.#taps.get(id);
    if (tap !== undefined) return tap;
    const socks = this.#socks.get(id);
    throw socks === undefined ? noSuchTap(name) : isSocksServer(socks.config.name);
  }

  /** What the user does to traffic; `null` until interventions() was first asked. */
  get interventionsNow(): Interventions | null {
    return this.#interventions;
  }

  /** What the user does to traffic. A file of its own, which an engine without interventions never loads. */
  async interventions(): Promise<Interventions> {
    const dialogue = await this.dialogue;
    const { Interventions: Made } = await import("./interventions.ts");
    const { clock } = this.capture;
    return (this.#interventions ??= new Made({
      tap: (id) => this.tap(id),
      nowNs: () => clock.nowNs(),
      anchorMs: clock.toEpochMs(0),
      dialogue,
      tellEvent: (tap, detail) => this.tellEvent(tap, "intervention", detail),
      changed: () => this.#intervened(),
    }));
  }

  stats(): CaptureStats {
    return {
      capture: LIVE_CAPTURE,
      ...this.capture.stats(),
      ...this.live.disk,
      file: null,
      messagesPerSecond: this.#rate.perSecond(this.#countMessages(), performance.now()),
    };
  }

  /**
   * Starts a tap; one of the same id that is stopped is started anew with this configuration. Rejects with a UserError.
   * Without a `dialectKey` the one that was given before stays. `destinations` are for a SOCKS server.
   */
  async startTap(
    wanted: TapConfig,
    wantedSecurity: TapSecurity | null = null,
    dialectKey?: string,
    destinations: readonly DestinationKeys[] = [],
  ): Promise<TapState> {
    if (wanted.socks !== undefined) return this.#startSocks(wanted, wantedSecurity, destinations);
    const { standIn } = wanted;
    const security = standIn === undefined ? wantedSecurity : standInSecurity(wantedSecurity, standIn);
    const own = standIn === undefined ? null : await this.#openStandIn(wanted, standIn);
    const config = own === null || own.endpoint === "" ? wanted : { ...wanted, server: own.endpoint };
    try {
      return await this.#startTap(config, security, dialectKey, own);
    } catch (error) {
      own?.stop();
      throw error;
    }
  }

  async #startTap(
    config: TapConfig,
    security: TapSecurity | null,
    dialectKey: string | undefined,
    standIn: StandInSocket | null,
  ): Promise<TapState> {
    const server = readEndpoint(config.server, "server");
    const listen = readEndpoint(config.listen, "listen");
    this.#refuseLoop(config.id, server, listen);
    const isHttp = server.transport === "http";
    if (isHttp && standIn !== null)
      throw badEndpoint(config.server, "server", "signals come from ZeroMQ sockets only.");
    if (isHttp && security !== null) throw httpHasNoKeys(config.name);
    const before = this.#taps.get(config.id);
    if (before !== undefined && before.tap.status !== "stopped" && before.tap.status !== "failed") {
      standIn?.stop();
      return this.#state(before);
    }
    const keys = await this.readKeys(security);
    if (dialectKey !== undefined) this.dialectKeys.set(config.name, dialectKey);
    await this.pictures;
    (await this.dialogue).configure(config.name, config.dialect ?? null);
    const counters = before?.counters ?? noCounts();
    const http = isHttp ? new (await import("./httpWatch.ts")).HttpWatch(counters, this.#options.onBug) : null;
    const capturing = this.#newCapturing(config);
    const engineTap = this.#makeTap(config, keys, security, server, listen, counters, capturing, standIn, http);
    this.#taps.set(config.id, engineTap);
    await engineTap.tap.start();
    if (standIn?.endpoint === "") standIn.connect(formatEndpoint(engineTap.tap.listening));
    return this.#state(engineTap);
  }

  async stopTap(id: TapId): Promise<TapState> {
    const socks = this.#socks.get(id);
    if (socks !== undefined) {
      await socks.stop();
      return socks.state;
    }
    const engineTap = this.tap(id);
    const { door, server } = engineTap.config;
    if (door !== undefined) {
      // It is there again when a client asks for it again.
      this.#socks.get(door)?.forget(server);
      this.#taps.delete(id);
    }
    this.#endWatch(engineTap);
    this.#interventions?.tapStopped(id);
    await engineTap.tap.stop();
    engineTap.standIn?.stop();
    engineTap.keys?.retire();
    engineTap.repeats.end();
    if (door !== undefined) this.#socks.get(door)?.count(engineTap.counters);
    return this.#state(engineTap);
  }

  async removeTap(id: TapId): Promise<void> {
    await this.stopTap(id);
    // A destination's may be there again already.
    if (this.#taps.get(id)?.config.door === undefined) this.#taps.delete(id);
    this.#socks.delete(id);
    this.#changed();
  }

  /** Stops capturing what a tap relays, or starts it again; of a SOCKS server for all its destinations. */
  captureTap(id: TapId, isOn: boolean): TapState {
    const socks = this.#socks.get(id);
    const engineTap = socks === undefined ? this.tap(id) : null;
    if (engineTap?.config.door !== undefined) throw capturedByItsServer(engineTap.config.name);
    const { config, capturing } = socks ?? engineTap!;
    const told = switchCapturing(capturing, isOn);
    if (told !== null) this.tellEvent(config, "capturing", told);
    (socks ?? engineTap!).config = withCaptured(config, isOn);
    this.#changed();
    return socks?.state ?? this.#state(engineTap!);
  }

  retargetTap(id: TapId, endpoint: string): TapState {
    const engineTap = this.tap(id);
    if (engineTap.config.door !== undefined) throw destinationIsFixed(engineTap.config.name);
    if (engineTap.standIn !== null && engineTap.standIn.endpoint !== "")
      throw standInHasNoServer(engineTap.config.name);
    const server = readEndpoint(endpoint, "server");
    const isHttp = engineTap.tap.server.transport === "http";
    if (isHttp !== (server.transport === "http")) throw otherProtocol(engineTap.config.name, isHttp);
    this.#refuseLoop(id, server, engineTap.tap.listening);
    engineTap.tap.retarget(server);
    engineTap.config = { ...engineTap.config, server: formatEndpoint(server) };
    return this.#state(engineTap);
  }

  /** Gives a tap other keys; links that are open keep theirs. Rejects with a UserError for keys that are none. */
  async secureTap(id: TapId, wanted: TapSecurity | null): Promise<TapState> {
    const socks = this.#socks.get(id);
    if (socks !== undefined) {
      await socks.secure(wanted);
      return socks.state;
    }
    const { config, tap } = this.tap(id);
    const { standIn } = config;
    const security = standIn === undefined ? wanted : standInSecurity(wanted, standIn);
    if (security !== null && tap.server.transport === "http") throw httpHasNoKeys(config.name);
    const engineTap = await this.#rekey(id, security);
    const { door, server } = engineTap.config;
    if (door !== undefined) this.#socks.get(door)?.remember(server, security);
    return this.#state(engineTap);
  }

  async #rekey(id: TapId, security: TapSecurity | null): Promise<EngineTap> {
    const keys = await this.readKeys(security);
    const engineTap = this.tap(id);
    engineTap.keys?.retire();
    engineTap.keys = keys;
    engineTap.admissions.setList(security?.allow ?? null);
    this.#changed();
    return engineTap;
  }

  /**
   * Adds a subscriber of the tap's own to all topics, or takes it away. Resolves once it has subscribed, or waits for a
   * server that is not there; rejects with a UserError when the server is no publisher, or lets nobody in.
   */
  async watchAll(id: TapId, isOn: boolean): Promise<TapState> {
    const engineTap = this.tap(id);
    if (!isOn) this.#endWatch(engineTap);
    else if (engineTap.watch === null) {
      const { name } = engineTap.config;
      if (engineTap.tap.server.transport === "http") throw cannotWatch(name, "Its server speaks HTTP.");
      if (!isRunning(engineTap)) throw tapNotRunning(name);
      const { WatchAll: Watch } = await import("./watchAll.ts");
      const watch = await Watch.start(engineTap, () => this.#changed());
      // It may have been stopped meanwhile, or asked for twice.
      const now = this.#taps.get(id);
      if (now?.watch === null && now.tap === engineTap.tap && isRunning(now)) now.watch = watch;
      else watch.stop();
    }
    this.#changed();
    return this.#state(engineTap);
  }

  #endWatch(engineTap: EngineTap): void {
    engineTap.watch?.stop();
    engineTap.watch = null;
  }

  /** Public keys of the pairs whose secret half opens the HELLO that a CURVE client of this tap said last. */
  async fittingKeys(id: TapId, pairs: readonly CurvePair[]): Promise<readonly string[]> {
    const { hello } = this.tap(id);
    if (hello === null) return [];
    this.#boxes ??= loadBoxes();
    return pairsThatOpen(hello, pairs, await this.#boxes);
  }

  /** Opens the log of a link between a socket of the engine's own and its peer, for a SocketLink. */
  readonly openSocketLog: OpenSocketLog = ({ tap, origin, addresses, sockets }) => {
    const log = new LinkLog({ number: this.#nextLink++, origin, addresses, sockets, security: null }, tap, {
      capture: this.capture,
      counters: this.ownCounters,
      // Failed handshakes and copies of a publication are of links on the wire.
      repeats: NO_REPEATS,
      fanOut: new FanOut(this.capture),
      neighbours: () => [],
      onHello: () => undefined,
      onGrew: () => this.#grew(),
      onBug: this.#options.onBug,
    });
    this.openLinks.add({ log, tap, relay: () => null });
    log.beforeClosed = (end) => this.openLinks.closed(log.number, end, null);
    return log;
  };

  /** Writes down an event that is about no link: of a tap, or of sockets of the engine's own. */
  tellEvent(tap: { readonly id: string; readonly name: string }, name: EventName, detail: object): void {
    this.capture.event(null, tap.id, tap.name, name, detail);
    this.#grew();
  }

  /** Lets a waiting client in at its next attempt, or refuses it for good. */
  admit(id: TapId, client: string, isAllowed: boolean): TapState {
    const engineTap = this.tap(id);
    engineTap.admissions.decide(client, isAllowed);
    this.#changed();
    return this.#state(engineTap);
  }

  /** What proves that a tap does no harm; of a SOCKS server that of its destinations. Rejects with a UserError for none. */
  async fidelity(id: TapId): Promise<Fidelity> {
    const { fidelityOf } = await import("./pictures.ts");
    const taps = this.#socks.has(id)
      ? [...this.#taps.values()].filter(({ config }) => config.door === id)
      : [this.tap(id)];
    return fidelityOf(taps, this.capture);
  }

  clear(options: { keepPinned: boolean } = { keepPinned: false }): CaptureStats {
    this.capture.clear(options);
    this.#grew();
    return this.stats();
  }

  setLimits({ maxBytes, maxDiskBytes, maxFrameBytes }: EngineLimits): CaptureStats {
    this.live.setLimits({ maxBytes, maxDiskBytes });
    this.#maxFrameBytes = maxFrameBytes;
    this.#grew();
    return this.stats();
  }

  /**
   * Ends all taps behind what their links are still owed, within about half a second, and writes what memory has to disk.
   * `isRead`: the capture is read again, so what was said and found last is found out before, within a second.
   */
  async stop({ isRead = true }: { readonly isRead?: boolean } = {}): Promise<void> {
    const own = [...this.#taps].filter(([, { config }]) => config.door === undefined).map(([id]) => id);
    await Promise.all([...own, ...this.#socks.keys()].map((id) => this.stopTap(id)));
    const watch = await this.watch;
    if (isRead) await Promise.race([watch.settled(), delay(SETTLE_MS, undefined, { ref: false })]);
    (await this.pictures)?.dispose();
    watch.dispose();
    (await this.dialogue).dispose();
    await this.live.close();
    clearTimeout(this.#ticking);
    this.#ticking = undefined;
  }

  /** Keys as octets, for whoever retires them. Rejects with a UserError for those that are none. */
  async readKeys(security: TapSecurity | null): Promise<TapKeys | null> {
    if (security === null) return null;
    this.#boxes ??= loadBoxes();
    return new TapKeys(await this.#boxes, security);
  }

  async #startSocks(
    config: TapConfig,
    security: TapSecurity | null,
    destinations: readonly DestinationKeys[],
  ): Promise<TapState> {
    const before = this.#socks.get(config.id);
    if (before?.isRunning === true) return before.state;
    if (before !== undefined) await before.stop();
    // A file of its own, which an engine without a SOCKS server never loads.
    const { SocksTaps: Socks } = await import("./socksTaps.ts");
    await this.dialogue;
    const capturing = this.#newCapturing(config);
    const socks = new Socks(config, readEndpoint(config.listen, "listen"), security, destinations, capturing, {
      checkKeys: async (keys) => (await this.readKeys(keys))?.retire(),
      open: async (destination, server, keys, door) => {
        const read = await this.readKeys(keys);
        const engineTap = this.#makeTap(destination, read, keys, server, door, noCounts(), capturing, null, null);
        this.#taps.set(destination.id, engineTap);
        await engineTap.tap.start();
        return engineTap;
      },
      secure: (id, keys) => this.#rekey(id, keys),
      close: async (id) => {
        await this.stopTap(id);
      },
      turnedAway: (problem) => {
        if (capturing.isOn) this.tellEvent(config, "fault", problem);
      },
      changed: () => this.#changed(),
    });
    if (before !== undefined) socks.count(before.state);
    this.#socks.set(config.id, socks);
    await socks.start();
    return socks.state;
  }

  async #openStandIn({ id, name }: TapConfig, standIn: StandIn): Promise<StandInSocket> {
    const isStandIn = (tap: TapId): boolean => (this.#taps.get(tap)?.standIn ?? null) !== null;
    const recorded = standIn.kind === "answers" && standIn.from.kind === "live" ? standIn.from.tap : null;
    const key = this.dialectKeys.of(name) ?? (recorded === null ? null : this.dialectKeys.of(recorded));
    const surroundings = { capture: this.capture, isStandIn, key };
    // Dialects and sockets are a file of their own, which an engine without a server of its own never loads.
    const { startStandIn } = await import("./standIns.ts");
    return startStandIn(standIn, surroundings, {
      onAnswered: (answered) => {
        this.#options.onAnswered?.(id, answered);
        this.#changed();
      },
      onSignal: () => this.#changed(),
    });
  }

  #makeTap(
    config: TapConfig,
    keys: TapKeys | null,
    security: TapSecurity | null,
    server: Endpoint,
    listen: Endpoint | SharedDoor,
    counters: TapCounters,
    capturing: Capturing,
    standIn: StandInSocket | null,
    http: HttpWatch | null,
  ): EngineTap {
    const logs = new Map<number, LinkLog>();
    const repeats = new Repeats(
      (folded) => {
        if (capturing.isOn) this.tellEvent(config, "handshake", foldedRow(folded));
      },
      () => this.#changed(),
    );
    const services = {
      capture: this.capture,
      counters,
      capturing,
      repeats,
      fanOut: new FanOut(this.capture),
      neighbours: () => openPlaces(tap, logs),
      onHello: (hello: Uint8Array) => (engineTap.hello = hello),
      onGrew: () => this.#grew(),
      onBug: this.#options.onBug,
    };
    const identity = { id: config.id, name: config.name };
    const admissions = new Admissions(security?.allow ?? null);
    const tap: Tap = new Tap(config.name, server, listen, () => this.#nextLink++, {
      linkOpened: (number, origin, addresses) => {
        const rekeying =
          engineTap.keys === null
            ? null
            : new LinkSecurity(
                engineTap.keys.forLink(origin, this.#maxFrameBytes),
                engineTap.keys,
                admissions,
                addresses.client,
              );
        const link = { number, origin, addresses, sockets: config.sockets, security: rekeying };
        const log = new LinkLog(link, identity, services);
        logs.set(number, log);
        this.openLinks.add({ log, tap: identity, relay: () => tap.link(number) ?? null });
        return { observer: http?.observe(log) ?? log, rekeying };
      },
      linkReady: (link) => this.#interventions?.linkReady(engineTap, link),
      linkClosed: (number, end, link) => {
        this.#interventions?.linkClosed(number);
        logs.get(number)?.closed(end);
        logs.delete(number);
        this.openLinks.closed(number, end, link);
      },
      serverDown: (down) => {
        if (capturing.isOn) this.tellEvent(config, "server-down", down);
      },
      outOfDescriptors: () => {
        const detail = { code: "out-of-descriptors", message: OUT_OF_DESCRIPTORS };
        this.capture.event(null, config.id, config.name, "fault", detail);
        this.#grew();
      },
      changed: () => this.#changed(),
    });
    const engineTap: EngineTap = {
      config,
      keys,
      hello: null,
      admissions,
      tap,
      standIn,
      counters,
      capturing,
      rate: new Rate(),
      seenBefore: this.#taps.get(config.id)?.seenBefore ?? this.#seenOf(config.id) - counters.messages,
      logs,
      repeats,
      watch: null,
    };
    return engineTap;
  }

  #draw(watch: CaptureWatch, { Pictures: Made }: typeof import("./pictures.ts")): Pictures {
    const { capture, openLinks } = this;
    const pictures = new Made(capture, {
      live: { openLinks, taps: () => this.#topologyTaps(), serverPath: (id) => this.#serverPath(id) },
      findings: () => watch.state().findings,
      preview: (n) => previewOf(capture, n),
    });
    watch.add(pictures.reader);
    return pictures;
  }

  #topologyTaps(): TopologyTap[] {
    return [...this.#taps.values()].map(({ config: { id, name }, tap }) => {
      const isListening = tap.status === "listening" || tap.status === "server-down";
      const listening = isListening ? formatEndpoint(tap.listening) : "";
      return { id, name, kind: "tap", status: tap.status, listening };
    });
  }

  /** The path of a tap's server that listens on one; `null` for others. */
  #serverPath(id: TapId): string | null {
    const server = this.#taps.get(id)?.tap.server;
    if (server?.transport !== "ipc") return null;
    return server.abstract ? `@${server.path}` : server.path;
  }

  /** What a tap that is started captures; that it captures nothing is told. */
  #newCapturing(config: TapConfig): Capturing {
    const isOn = config.isCaptured !== false;
    if (!isOn) this.tellEvent(config, "capturing", STOPPED);
    return newCapturing(isOn);
  }

  #seenOf(id: TapId): number {
    const { kept, evicted } = this.capture.store.messagesOf(id);
    return kept + evicted;
  }

  /** Where taps listen, and where they lead. */
  #endpoints(): string[] {
    return [...this.#taps.values()].flatMap(({ config, tap }) => [
      config.server,
      tap.status === "stopped" ? config.listen : formatEndpoint(tap.listening),
    ]);
  }

  #listeners(): TapListener[] {
    return [...this.#taps.values()]
      .filter(({ config, tap }) => config.door === undefined && tap.status === "listening")
      .map(({ config, tap }) => ({ tapName: config.name, endpoint: formatEndpoint(tap.listening) }));
  }

  /** For how long the client of a link has taken nothing more of what its server sends. */
  #heldUpMs(link: number): number {
    for (const { tap } of this.#taps.values()) {
      const found = tap.link(link);
      if (found !== undefined) return found.heldUpMs(1);
    }
    return 0;
  }

  /** A server endpoint may lead through other taps, but not back to this one. */
  #refuseLoop(id: TapId, server: Endpoint, listen: Endpoint): void {
    let at = server;
    for (let hop = 0; hop <= this.#taps.size; hop++) {
      const next = [...this.#taps.values()].find(
        ({ config, tap }) =>
          config.id !== id && config.door === undefined && tap.status !== "stopped" && reaches(at, tap.listening),
      );
      if (next === undefined) return;
      at = next.tap.server;
      if (reaches(at, listen)) throw tapLoop(next.config.name, formatEndpoint(server));
    }
  }

  #state(engineTap: EngineTap): TapState {
    const { config, admissions, tap, standIn, hello, counters, capturing, rate, logs, repeats, watch } = engineTap;
    const newest = [...logs.values()].slice(-LINKS_IN_STATE);
    const isListening = tap.status === "listening" || tap.status === "server-down";
    const isPassing = config.door !== undefined && !capturing.isOn;
    return {
      config: isPassing ? withCaptured(config, false) : config,
      status: tap.status,
      listening: isListening ? formatEndpoint(tap.listening) : "",
      problem: tap.problem,
      messages: counters.messages,
      bytes: counters.bytes,
      messagesPerSecond: rate.perSecond(counters.messages, performance.now()),
      links: newest.map(linkState),
      moreLinks: logs.size - newest.length,
      failing: repeats.failing.slice(-FAILING_IN_STATE),
      speaksCurve: hello !== null,
      waiting: admissions.waiting,
      ...(watch === null ? {} : { watch: { isOn: watch.isOn, problem: watch.problem } }),
      ...passedBy(capturing),
      ...(standIn === null ? {} : { standIn: { ...standIn.state } }),
    };
  }

  #countMessages(): number {
    let messages = this.ownCounters.messages;
    for (const { counters } of this.#taps.values()) messages += counters.messages;
    // Removed taps take their counts with them; a rate may not turn negative.
    this.#messages = Math.max(this.#messages, messages);
    return this.#messages;
  }

  /** Everything is told again, to somebody who has heard nothing yet. */
  tellAll(): void {
    if (this.#interventions !== null) this.#intervened();
    this.#changed();
    this.#grew();
  }

  #grew(): void {
    this.#captureGrew = true;
    this.#ticking ??= setTimeout(() => this.#tick(), NOTICE_MS);
  }

  #intervened(): void {
    this.#interventionsChanged = true;
    this.#ticking ??= setTimeout(() => this.#tick(), NOTICE_MS);
  }

  #changed(): void {
    this.#tapsChanged = true;
    this.#ticking ??= setTimeout(() => this.#tick(), NOTICE_MS);
  }

  #tick(): void {
    this.#ticking = undefined;
    const stats = this.stats();
    const grew = this.#captureGrew;
    // Rates must fall back to 0 on the screen after the traffic has stopped.
    if (grew || this.#ratesShown) this.#options.onNotice({ kind: "capture/grew", stats });
    if (grew || this.#tapsChanged || this.#ratesShown) this.#options.onNotice({ kind: "tap/changed", taps: this.taps });
    if (this.#interventionsChanged && this.#interventions !== null) {
      const { states, heldCount } = this.#interventions;
      this.#options.onNotice({ kind: "interventions/changed", interventions: states, held: heldCount });
    }
    this.#captureGrew = false;
    this.#tapsChanged = false;
    this.#interventionsChanged = false;
    this.#ratesShown = stats.messagesPerSecond > 0;
    if (!this.#ratesShown) return;
    // Counted from when this one was due, so that there are ten in a second however long each takes.
    const nowMs = performance.now();
    const dueMs = Math.max(this.#tickDueMs + NOTICE_MS, nowMs + NOTICE_MS / 2);
    this.#tickDueMs = Math.min(dueMs, nowMs + NOTICE_MS);
    this.#ticking = setTimeout(() => this.#tick(), this.#tickDueMs - nowMs);
  }
}

const NO_REPEATS = new Repeats(
  () => undefined,
  () => undefined,
);

const noCounts = (): TapCounters => ({ messages: 0, bytes: 0, passedBy: 0 });

/** The payload of a row in one line; empty when it is gone. */
export function previewOf(capture: Capture, n: number): string {
  const raw = capture.row(n);
  return raw === undefined ? "" : rowWords(capture, raw).preview;
}

function readEndpoint(text: string, role: "server" | "listen"): Endpoint {
  const endpoint = parseEndpoint(text, role);
  if (isProblem(endpoint)) throw badEndpoint(text, role, endpoint.problem);
  return endpoint;
}

/** Places of links that neither side has left. */
function* openPlaces(tap: Tap, logs: ReadonlyMap<number, LinkLog>): Generator<LinkPlace> {
  for (const { number, place } of logs.values()) {
    if (place !== null && tap.link(number)?.isEnding === false) yield place;
  }
}

function isRunning({ tap: { status } }: EngineTap): boolean {
  return status !== "stopped" && status !== "failed";
}

/** `null` where the tap of a stand-in has no keys, and so only relays. */
function standInSecurity(wanted: TapSecurity | null, standIn: StandIn): TapSecurity | null {
  if (wanted === null) return null;
  const security = withStandInLegs(wanted, standIn);
  return security.clientLeg === "NULL" && security.serverLeg === "NULL" ? null : security;
}

function foldedRow({ detail, verdict, host, server, count, forMs, everyMs, links }: FoldedFailures): object {
  return { ...handshakeRow(detail, verdict), from: host, to: server, count, forMs, everyMs, links };
}

function linkState(log: LinkLog): LinkState {
  const { reader } = log;
  const detail = log.handshakeDetail();
  const { topics, count } = reader.subscriptions(TOPICS_IN_STATE);
  return {
    link: log.number,
    origin: log.origin,
    client: log.addresses.client,
    server: log.addresses.server,
    sockets: reader.sockets,
    identity: log.identity(detail),
    version: detail.version,
    mechanism: mechanismOf(detail),
    handshake: log.handshakeState,
    steps: detail.steps,
    verdict: log.verdict,
    subscriptions: topics.map((topic) => identityText(Buffer.from(topic).toString("hex"))),
    subscriptionCount: count,
    messages: reader.messages,
    pending: reader.pending,
  };
}

import * as vscode from "vscode";
import { Channel, type Handlers } from "../shared/channel.ts";
import type { EngineRequests, FilterState } from "../shared/engineProtocol.ts";
import { NO_FINDINGS } from "../shared/findings.ts";
import { t } from "../shared/l10n.ts";
import type { CaptureId, TapConfig } from "../shared/model.ts";
import { NO_LATENCY, NO_LINKS, NO_OVERVIEW, NO_TOPICS, NO_TOPOLOGY } from "../shared/pictures.ts";
import { checkViewAsk } from "../shared/viewCheck.ts";
import type { ViewNotice, ViewRequests, ViewStart } from "../shared/viewProtocol.ts";
import type { Bridges } from "./bridges.ts";
import { type CaptureSource, heldCapture, onlyRead } from "./captureSource.ts";
import type { DialectChoices } from "./dialectChoices.ts";
import type { Display, Surface } from "./display.ts";
import type { Engine } from "./engine.ts";
import type { Filters } from "./filters.ts";
import type { FirstSteps } from "./firstSteps.ts";
import { markRow } from "./marks.ts";
import type { ProtoFiles } from "./protoFiles.ts";
import { ownBytes, ownOutcome } from "./ownBytes.ts";
import type { Sending } from "./sending.ts";
import type { Taps } from "./taps.ts";
import type { View, Views } from "./views.ts";

export type ViewServices = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly bridges: Bridges;
  readonly display: Display;
  readonly sending: Sending;
  readonly filters: Filters;
  readonly dialects: DialectChoices;
  readonly views: Views;
  readonly protoFiles: ProtoFiles;
  readonly firstSteps: FirstSteps;
  /** What changes traffic, once there was anything. */
  readonly interventions: { readonly current: { readonly sentence: string } | undefined };
  /** What the log and the inspector show. */
  readonly live: CaptureSource;
  readonly log: vscode.LogOutputChannel;
};

/** Questions about a capture as a whole, which have an answer where there is none, too. */
type PictureQuestion =
  "findings/read" | "picture/overview" | "picture/latency" | "picture/topics" | "picture/links" | "picture/topology";

export type Shown = {
  readonly surface: Surface;
  readonly source: CaptureSource;
  /** Brings the view to the front. */
  readonly reveal: () => void | Promise<void>;
};

/** A page that is not ours could fill the log. */
const MAX_WARNINGS = 10;

/** Filters with no capture behind them, which let nothing through. */
const NO_FILTER = 0;

/**
 * One webview's side of the protocol: hands questions about its capture to the engine, answers the others, drops what is
 * no question. Looking at an empty log starts no engine.
 */
export class ViewBridge implements View, vscode.Disposable {
  readonly id: number;
  readonly surface: Surface;
  readonly source: CaptureSource;
  readonly #services: ViewServices;
  readonly #reveal: () => void | Promise<void>;
  readonly #channel: Channel<Record<string, never>, never, ViewRequests, ViewNotice>;
  readonly #own: vscode.Disposable;
  /** The filters that this page has started, by number. */
  readonly #filters = new Map<number, FilterState>();
  /** What the view shall do once it has drawn its first picture. */
  #waiting: ViewNotice[] = [];
  #isStarted = false;
  /** What its page has sent that is no question. */
  #dropped = 0;
  activeRow: number | null = null;
  selected: readonly number[] = [];
  filter = "";

  constructor(webview: vscode.Webview, { surface, source, reveal }: Shown, services: ViewServices) {
    this.id = services.views.nextId();
    this.surface = surface;
    this.source = source;
    this.#reveal = reveal;
    this.#services = services;
    this.#channel = new Channel(
      { post: (value) => void webview.postMessage(value) },
      this.#handlers(),
      () => undefined,
    );
    this.#own = vscode.Disposable.from(
      services.views.add(this),
      webview.onDidReceiveMessage((value: unknown) => {
        const ask = checkViewAsk(value);
        if (ask !== undefined) this.#channel.receive(ask);
        else if (++this.#dropped <= MAX_WARNINGS)
          services.log.warn("A view sent something that is no question; it was dropped.");
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
    this.#stopFilters();
    this.#channel.close({ code: "view-closed", message: t("The view was closed.") });
  }

  get hits(): number | null {
    return [...this.#filters.values()].findLast(({ text }) => text === this.filter)?.hits ?? null;
  }

  notify(notice: ViewNotice): void {
    if (notice.kind === "capture/reset") {
      this.activeRow = null;
      this.selected = [];
      // Before any page asks for new ones, whose numbers may be these again in a new engine.
      this.#stopFilters();
    }
    if (notice.kind === "filter/advanced") {
      if (!this.#filters.has(notice.state.filter)) return;
      this.#filters.set(notice.state.filter, notice.state);
    }
    if (this.#isStarted) this.#channel.notify(notice);
  }

  /** Tells the view now, or as soon as it has started. */
  notifyWhenStarted(notice: ViewNotice): void {
    if (this.#isStarted) this.#channel.notify(notice);
    else this.#waiting.push(notice);
  }

  async tell(notice: ViewNotice): Promise<void> {
    await this.#reveal();
    this.notifyWhenStarted(notice);
  }

  /** The view's page was thrown away, as VS Code does with hidden ones; it starts anew when it is shown. */
  pageEnded(): void {
    this.#isStarted = false;
    this.#stopFilters();
  }

  /** Asks the engine about the view's capture; `none` where there is no capture yet. */
  async #askOr<K extends PictureQuestion>(
    name: K,
    ask: Omit<EngineRequests[K]["ask"], "capture">,
    none: EngineRequests[K]["answer"],
  ): Promise<EngineRequests[K]["answer"]> {
    const capture = await this.#capture();
    return capture === null ? none : this.#services.engine.ask(name, { ...ask, capture });
  }

  #handlers(): Handlers<ViewRequests> {
    const { engine, display, sending, filters, views, protoFiles, firstSteps } = this.#services;
    const held = (): Promise<CaptureId> => heldCapture(this.source);
    return {
      "rows/read": async (ask) => {
        const capture = await this.#capture();
        if (capture === null) return { from: ask.from, rows: [], total: 0, firstN: 1, nowMs: 0 };
        return engine.ask("rows/read", { ...ask, capture });
      },
      "rows/find": async (ask) => {
        const capture = await this.#capture();
        return capture === null ? { position: 0 } : engine.ask("rows/find", { ...ask, capture });
      },
      "filter/start": async (ask) => {
        const capture = await this.#capture();
        if (capture === null) return emptyFilter(ask.text);
        const state = await engine.ask("filter/start", { ...ask, capture });
        this.#filters.set(state.filter, state);
        return state;
      },
      "filter/stop": async (ask) => {
        this.#filters.delete(ask.filter);
        return ask.filter === NO_FILTER || !engine.isRunning ? null : engine.ask("filter/stop", ask);
      },
      "filter/values": async (ask) => {
        const capture = await this.#capture();
        return capture === null ? [] : engine.ask("filter/values", { ...ask, capture });
      },
      "message/read": async (ask) => engine.ask("message/read", { ...ask, capture: await held() }),
      "frame/decode": async (ask) => {
        if (ask.decoder?.startsWith("protobuf:") === true) await protoFiles.types();
        return engine.ask("frame/decode", { ...ask, capture: await held() });
      },
      "bytes/read": async (ask) => ownBytes(await engine.ask("bytes/read", { ...ask, capture: await held() })),
      "row/mark": async ({ n, ...mark }) => markRow(this.#services, await held(), n, mark),
      "findings/read": () => this.#askOr("findings/read", {}, NO_FINDINGS),
      "picture/overview": () => this.#askOr("picture/overview", {}, NO_OVERVIEW),
      "picture/latency": () => this.#askOr("picture/latency", {}, NO_LATENCY),
      "picture/topics": (ask) => this.#askOr("picture/topics", ask, NO_TOPICS),
      "picture/links": () => this.#askOr("picture/links", {}, NO_LINKS),
      "picture/topology": () => this.#askOr("picture/topology", {}, NO_TOPOLOGY),
      "fidelity/read": (ask) => engine.ask("fidelity/read", ask),
      "call/cancel": (ask) => (engine.isRunning ? engine.ask("call/cancel", ask) : null),
      "view/start": () => this.#start(),
      "command/run": async ({ command, ...about }) => {
        views.use(this);
        await vscode.commands.executeCommand(command, { ...about, view: this.id });
        return null;
      },
      "decoder/remember": async ({ channel, decoder }) => {
        await display.rememberDecoder(channel, decoder);
        return null;
      },
      "decoder/choose": async ({ decoder, current }) => {
        const { chooseDecoder } = await import("./onDemand.ts");
        return chooseDecoder(decoder, current, protoFiles);
      },
      "call/send": async (ask) => {
        if (this.source.file !== null) throw onlyRead();
        const outcome = await sending.call(ask);
        return { ...outcome, result: ownOutcome(outcome.result) };
      },
      "call/repeat": async ({ call, plan }) => {
        if (this.source.file !== null) throw onlyRead();
        const outcome = await sending.repeat(call, plan);
        return { ...outcome, result: { ...outcome.result, last: ownOutcome(outcome.result.last) } };
      },
      "call/preview": async (ask) => {
        const preview = await sending.preview(ask);
        return { ...preview, frames: preview.frames.map(ownBytes) };
      },
      "call/save": async (ask) => {
        await vscode.commands.executeCommand("zmqTap.saveAsCall", await sending.asArguments(ask));
        return null;
      },
      "call/form": () => sending.form(),
      "call/methods": (ask) => engine.ask("call/methods", ask),
      "text/copy": async ({ text }) => {
        await vscode.env.clipboard.writeText(text);
        return null;
      },
      "picture/save": async (ask) => {
        const { savePicture } = await import("./onDemand.ts");
        return savePicture(ask);
      },
      "row/activate": ({ n, selected }) => {
        this.activeRow = n;
        this.selected = selected;
        views.use(this);
        if (n !== null) firstSteps.done("read");
        return null;
      },
      "filter/applied": async ({ text, isTyping = false }) => {
        this.filter = text;
        if (text !== "") firstSteps.done("filter");
        if (!isTyping) await filters.applied(text);
        return null;
      },
      "filter/save": async (filter) => {
        await filters.save(filter);
        return null;
      },
    };
  }

  async #start(): Promise<ViewStart> {
    const { taps, bridges, display, filters, interventions } = this.#services;
    await this.#capture();
    const { file } = this.source;
    const begin = await startFilterOf(file === null ? taps.list().map(({ config }) => config) : []);
    this.#isStarted = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    // After the answer, which the view needs first.
    setImmediate(() => waiting.forEach((notice) => this.#channel.notify(notice)));
    const { stats, problem } = this.source;
    return {
      surface: this.surface,
      taps: file === null ? taps.list() : [],
      bridges: file === null ? bridges.sentences : [],
      interventions: file === null ? (interventions.current?.sentence ?? "") : "",
      stats,
      paused: file === null && display.isPaused,
      trusted: vscode.workspace.isTrusted,
      decoders: display.decoders,
      history: display.history,
      lost: problem,
      file,
      savedFilters: filters.saved,
      filterHistory: filters.history,
      startFilter: begin,
    };
  }

  /** The capture, or `null` when there is nothing to look at; why not is in the source's problem. */
  async #capture(): Promise<CaptureId | null> {
    try {
      return await this.source.open();
    } catch (error) {
      this.#services.log.debug(`A view has no capture: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  #stopFilters(): void {
    const { engine } = this.#services;
    if (engine.isRunning) {
      // Nobody waits for these answers; an engine that ended has no filters left either.
      for (const filter of this.#filters.keys()) engine.ask("filter/stop", { filter }).catch(() => undefined);
    }
    this.#filters.clear();
  }
}

/** The filter language is loaded only where a tap has a filter. */
async function startFilterOf(taps: readonly TapConfig[]): Promise<string> {
  if (taps.every(({ filter }) => filter === undefined)) return "";
  const { startFilter } = await import("../shared/filterText.ts");
  return startFilter(taps);
}

function emptyFilter(text: string): FilterState {
  return { filter: NO_FILTER, text, hits: 0, firstHit: 0, looked: 0, unknown: 0, notListed: 0, again: 0, done: true };
}

import * as vscode from "vscode";
import { Channel, type Handlers } from "../shared/channel.ts";
import type { EngineRequests, FilterState } from "../shared/engineProtocol.ts";
import type { CallResult } from "../shared/model.ts";
import { checkViewAsk } from "../shared/viewCheck.ts";
import type { ForwardedRequest, ViewNotice, ViewRequests } from "../shared/viewProtocol.ts";
import type { Display, Surface } from "./display.ts";
import type { Engine } from "./engine.ts";
import { nothingCaptured, type Sending } from "./sending.ts";
import type { Taps } from "./taps.ts";

export type ViewServices = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly display: Display;
  readonly sending: Sending;
  readonly log: vscode.LogOutputChannel;
};

/** Searches with no engine behind them, which find nothing. */
const NO_SEARCH = 0;

/**
 * One webview's side of the protocol: hands questions about the capture to the engine, answers the others, drops what is
 * no question. Looking at an empty log starts no engine.
 */
export class ViewBridge implements vscode.Disposable {
  readonly #services: ViewServices;
  readonly #surface: Surface;
  readonly #channel: Channel<Record<string, never>, never, ViewRequests, ViewNotice>;
  readonly #own: vscode.Disposable;
  readonly #searches = new Set<number>();
  /** What the view shall do once it has drawn its first picture. */
  #waiting: ViewNotice[] = [];
  #isStarted = false;

  constructor(webview: vscode.Webview, surface: Surface, services: ViewServices) {
    this.#services = services;
    this.#surface = surface;
    this.#channel = new Channel(
      { post: (value) => void webview.postMessage(value) },
      this.#handlers(),
      () => undefined,
    );
    this.#own = webview.onDidReceiveMessage((value: unknown) => {
      const ask = checkViewAsk(value);
      if (ask === undefined) services.log.warn("A view sent something that is no question; it was dropped.");
      else this.#channel.receive(ask);
    });
  }

  dispose(): void {
    this.#own.dispose();
    this.#stopSearches();
    this.#channel.close({ code: "view-closed", message: "The view was closed." });
  }

  /** Tells the view, if it is there to hear it. */
  notify(notice: ViewNotice): void {
    if (notice.kind === "filter/advanced" && !this.#searches.has(notice.state.filter)) return;
    if (this.#isStarted) this.#channel.notify(notice);
  }

  /** Tells the view now, or as soon as it has started. */
  notifyWhenStarted(notice: ViewNotice): void {
    if (this.#isStarted) this.#channel.notify(notice);
    else this.#waiting.push(notice);
  }

  /** The view's page was thrown away, as VS Code does with hidden ones; it starts anew when it is shown. */
  pageEnded(): void {
    this.#isStarted = false;
    this.#stopSearches();
  }

  #handlers(): Handlers<ViewRequests> {
    const { taps, display, sending } = this.#services;
    return {
      "rows/read": async (ask) => {
        if (!this.#services.engine.isRunning) return { from: ask.from, rows: [], total: 0, firstN: 1 };
        return this.#forward("rows/read", ask);
      },
      "rows/find": async (ask) => (this.#services.engine.isRunning ? this.#forward("rows/find", ask) : { position: 0 }),
      "filter/start": async (ask) => {
        if (!this.#services.engine.isRunning) return emptySearch(ask.text);
        const state = await this.#forward("filter/start", ask);
        this.#searches.add(state.filter);
        return state;
      },
      "filter/stop": async (ask) => {
        this.#searches.delete(ask.search);
        return ask.search === NO_SEARCH || !this.#services.engine.isRunning ? null : this.#forward("filter/stop", ask);
      },
      "message/read": (ask) => this.#forward("message/read", ask),
      "frame/decode": (ask) => this.#forward("frame/decode", ask),
      "bytes/read": async (ask) => ownBytes(await this.#forward("bytes/read", ask)),
      "call/cancel": (ask) => this.#forward("call/cancel", ask),
      "view/start": () => {
        this.#isStarted = true;
        const waiting = this.#waiting;
        this.#waiting = [];
        // After the answer, which the view needs first.
        setImmediate(() => waiting.forEach((notice) => this.#channel.notify(notice)));
        return Promise.resolve({
          surface: this.#surface,
          taps: taps.list(),
          stats: display.stats,
          paused: display.isPaused,
          trusted: vscode.workspace.isTrusted,
          decoders: display.decoders,
          history: display.history,
          lost: display.lost,
        });
      },
      "command/run": async ({ command, n }) => {
        await vscode.commands.executeCommand(command, {
          ...(n === undefined ? {} : { n }),
          webview: `zmqTap.${this.#surface}`,
        });
        return null;
      },
      "decoder/remember": async ({ channel, decoder }) => {
        await display.rememberDecoder(channel, decoder);
        return null;
      },
      "call/send": async (ask) => {
        const outcome = await sending.call(ask);
        return { ...outcome, result: ownResult(outcome.result) };
      },
      "text/copy": async ({ text }) => {
        await vscode.env.clipboard.writeText(text);
        return null;
      },
      "row/activate": ({ n }) => {
        display.activeRow = n;
        display.activeSurface = this.#surface;
        return Promise.resolve(null);
      },
    };
  }

  async #forward<K extends ForwardedRequest>(
    name: K,
    ask: EngineRequests[K]["ask"],
  ): Promise<EngineRequests[K]["answer"]> {
    if (!this.#services.engine.isRunning) throw nothingCaptured();
    return this.#services.engine.ask(name, ask);
  }

  #stopSearches(): void {
    if (this.#services.engine.isRunning) {
      // Nobody waits for these answers; an engine that ended has no searches left either.
      for (const search of this.#searches) this.#services.engine.ask("filter/stop", { search }).catch(() => undefined);
    }
    this.#searches.clear();
  }
}

function emptySearch(text: string): FilterState {
  return { search: NO_SEARCH, text, hits: 0, looked: 0, done: true };
}

/** A copy with a buffer of its own: VS Code posts the whole buffer behind a view, and knows no Node Buffers. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function ownResult(result: CallResult): CallResult {
  return result.kind === "answer" ? { ...result, frames: result.frames.map(ownBytes) } : result;
}

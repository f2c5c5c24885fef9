import type { DialectName } from "../shared/dialects.ts";
import type { DialectChoice, Direction, RowStatus, SaidDetail, SocketPair } from "../shared/model.ts";
import { CallTracker } from "./callTracker.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import { KIND_EVENT } from "./capture/rowRecord.ts";
import type { RowSaid, SaidStatus, Talk } from "./capture/talk.ts";
import type { DialectKey } from "./dialects/dialect.ts";
import { ChannelDialects } from "./channelDialects.ts";
import { MAX_SAID_BYTES, Sayings } from "./sayings.ts";
import type { RowCursor } from "./rowCursor.ts";
import { RowFollower } from "./rowFollower.ts";
import { saidDetail } from "./saidDetail.ts";
import { SignalPairs } from "./signalPairs.ts";

/** A call that was acknowledged and led to nothing for so long has failed. */
const NO_SIGNAL_AFTER_NS = 30e9;
/** Octets of a message that is opened. */
const MAX_DETAIL_BYTES = 4 * 1024 * 1024;

/**
 * What is said in a capture: reads its messages behind the traffic, see RowFollower, pairs calls and replies by their ids, ties
 * signals to calls, and marks heartbeats. Rows of channels that speak nothing known are passed over by the index alone.
 */
export class Dialogue implements Talk {
  readonly #capture: Capture;
  readonly #channels = new ChannelDialects();
  readonly #sayings: Sayings;
  readonly #calls: CallTracker;
  readonly #signals = new SignalPairs();
  readonly #follower: RowFollower;
  readonly #onChange: () => void;
  #hasChanged = false;

  /**
   * Becomes the talk of `capture`. What that has already was judged when it came. `onChange` is told when rows have changed
   * that may be on a screen.
   */
  constructor(
    capture: Capture,
    options: {
      readonly onChange?: () => void;
      readonly choices?: readonly DialectChoice[];
      /** What messages of a tap are signed with. */
      readonly keyOf?: (tapName: string) => DialectKey;
      /** A file's, which nobody waits for: no row is left out. */
      readonly isFile?: boolean;
      /** What the capture has is judged anew, however much of it is on disk. */
      readonly isAnew?: boolean;
    } = {},
  ) {
    this.#capture = capture;
    this.#onChange = options.onChange ?? ((): void => undefined);
    this.#sayings = new Sayings(capture, this.#channels, options.keyOf ?? (() => null));
    this.#calls = new CallTracker(capture);
    this.#channels.choose(options.choices ?? []);
    capture.talk = this;
    const isAnew = options.isAnew ?? false;
    this.#follower = new RowFollower(capture, {
      from: isAnew ? capture.firstN : capture.lastN + 1,
      onRow: (cursor) => this.#judge(cursor),
      onCleared: () => this.#forget(),
      onSlice: (isDone) => {
        if (!this.#hasChanged || !isDone) return;
        this.#hasChanged = false;
        this.#onChange();
      },
      isFile: options.isFile ?? false,
    });
    this.#follower.keepsAll = isAnew;
  }

  get judgedN(): number {
    return this.#follower.judgedN;
  }

  /** Rows that were not looked at, since there were too many at once. */
  get skipped(): number {
    return this.#follower.skipped;
  }

  dispose(): void {
    this.#follower.dispose();
  }

  /** What a tap was started with; `null` finds it out. What the user chooses counts more. */
  configure(tapName: string, dialect: DialectName | null): void {
    if (this.#channels.configure(tapName, dialect)) this.#beginAnew();
  }

  /** What users say that channels speak; rows are judged anew as far as they are in memory. */
  choose(choices: readonly DialectChoice[]): void {
    this.#channels.choose(choices);
    this.#beginAnew();
  }

  #beginAnew(): void {
    this.#forget();
    this.#follower.beginAnew();
    this.#onChange();
  }

  #forget(): void {
    this.#calls.clear();
    this.#signals.clear();
    this.#sayings.forget();
  }

  /** What a message says that is no row yet; `null` where what its channel speaks is not known. */
  saidOf(tapName: string, sockets: SocketPair, direction: Direction, frames: readonly Uint8Array[]): RowSaid | null {
    return this.#sayings.ofFrames(tapName, sockets, direction, frames);
  }

  said(n: number): RowSaid | null {
    const said = this.#sayings.of(n);
    const isReply = said?.kind === "reply" || said?.kind === "error";
    if (!isReply || said.method !== "") return said;
    const { exchange, partner } = this.#capture.row(n) ?? {};
    const call = exchange === "reply" && partner != null ? this.#inMemory(partner) : null;
    return { ...said, method: call?.method ?? "" };
  }

  outcomeOf(n: number): number | null {
    return this.#signals.partnerOf(n);
  }

  statusOf(n: number): SaidStatus {
    const raw = this.#capture.row(n);
    return raw?.kind === "message" ? this.#statusOf(raw) : status("none");
  }

  detailOf(n: number): SaidDetail | null {
    const raw = this.#capture.row(n);
    const read = raw === undefined ? null : this.#sayings.read(raw, MAX_DETAIL_BYTES);
    return read === null ? null : saidDetail(read);
  }

  settled(): Promise<void> {
    return this.#follower.settled();
  }

  #statusOf(raw: RawRow): SaidStatus {
    const said = this.#sayings.of(raw.n);
    if (said?.kind === "error") return { status: "error", problem: said.problem ?? "" };
    switch (raw.exchange) {
      case "pending":
        return status("pending");
      case "abandoned":
        return status("timed-out", "Its requester asked again before a reply came.");
      case "lost":
        return status("lost", "Its connection closed before a reply came.");
      case "answered":
        return this.#answered(raw, said);
      case "reply":
        return said?.kind === "acknowledgement" || said?.kind === "heartbeat" ? status("none") : status("ok");
      case "unasked":
        return said?.kind === "reply" ? status("ok") : status("none");
      case "none":
        return said?.kind === "reply" ? status("ok") : status("none");
    }
  }

  #answered(raw: RawRow, said: RowSaid | null): SaidStatus {
    const reply = raw.partner === null ? null : this.#inMemory(raw.partner);
    if (reply?.kind === "error") return status("error", reply.problem ?? "");
    if (said?.kind !== "call" || reply?.kind !== "acknowledgement") return status("ok");
    const signal = this.#signals.partnerOf(raw.n);
    if (signal !== null) {
      const answer = this.#inMemory(signal);
      return answer?.kind === "error" ? status("error", answer.problem ?? answer.method) : status("ok");
    }
    if (!this.#signals.hasSignals || !this.#signals.expects(said.method)) return status("acknowledged");
    const waitedNs = this.#capture.clock.nowNs() - raw.timeNs;
    if (waitedNs < NO_SIGNAL_AFTER_NS) return status("pending");
    return status("timed-out", `It was acknowledged, and no signal came for ${NO_SIGNAL_AFTER_NS / 1e9} s.`);
  }

  /** What a row says that needs no disk. */
  #inMemory(n: number): RowSaid | null {
    return this.#capture.isInMemory(n) ? this.#sayings.of(n) : null;
  }

  #judge(cursor: RowCursor): void {
    const { link, n } = cursor;
    if (cursor.kind === KIND_EVENT) {
      if (link !== null && cursor.event === "link-closed") this.#calls.closed(link.link);
      if (cursor.event === "capturing") this.#passedBy(cursor.tapName);
      return;
    }
    if (cursor.kind !== 0 || link === null) return;
    // It was judged before, in another dialect.
    if (this.#follower.keepsAll) {
      if (cursor.isHeartbeat || cursor.isDuplicate) this.#capture.unflagged(n);
    }
    if (cursor.isCopy || cursor.sizeBytes > MAX_SAID_BYTES) return;
    const { tapName, sockets } = link;
    if (this.#channels.of(tapName, sockets) === null && !this.#channels.wants(tapName, sockets, n)) return;
    const said = this.#sayings.of(n);
    if (said?.kind == null) return;
    const raw = this.#capture.row(n);
    if (raw === undefined) return;
    this.#hasChanged = true;
    this.#calls.said(raw, said);
    if (said.dialect === "frontend-backend") {
      if (said.kind === "call") this.#signals.called(n, said.method, raw.timeNs);
      else if (said.kind === "signal" || (said.kind === "error" && raw.exchange !== "reply")) {
        this.#signals.signalled(n, said.method, raw.timeNs);
      }
    }
    if (said.kind === "heartbeat" || this.#answersHeartbeat(raw, said)) this.#capture.heartbeat(n);
  }

  /** Replies and signals are missing, so that what waits for them waits no longer. */
  #passedBy(tapName: string): void {
    const { links } = this.#capture.store;
    for (const link of this.#calls.links()) if (links.of(link)?.info.tapName === tapName) this.#calls.forget(link);
    this.#signals.clear();
  }

  #answersHeartbeat({ exchange, partner }: RawRow, said: RowSaid): boolean {
    if (exchange !== "reply" || partner === null || said.kind === "error") return false;
    return this.#inMemory(partner)?.kind === "heartbeat";
  }
}

function status(name: RowStatus, problem = ""): SaidStatus {
  return { status: name, problem };
}

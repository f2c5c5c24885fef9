import type { DialectName } from "../shared/dialects.ts";
import type { DialectChoice, Direction, SocketPair } from "../shared/model.ts";
import { ChannelDialect } from "./dialects/channelDialect.ts";
import type { DialectMessage } from "./dialects/dialect.ts";

/** Below this what a channel speaks is not taken for known. */
const MIN_CONFIDENCE = 0.5;
/** Channels that are told apart; the one that came first is forgotten. */
const MAX_CHANNELS = 2000;
/** Taps with a dialect of their own; the one that came first is forgotten. */
const MAX_CONFIGURED = 1000;
/** Rows of a channel by which each is looked at only once. */
const MAX_LOOKED = 256;
/** Of a channel that speaks nothing known, about every so many messages one is looked at. */
const RAW_STRIDE = 512;

type Channel = {
  readonly dialect: ChannelDialect;
  readonly tapName: string;
  readonly sockets: string;
  readonly looked: Set<number>;
};

/** The name of a pair of sockets as choices have it, `REQ-REP`: the client's first, `?` where the wire does not say. */
export function socketsKey({ client, server }: SocketPair): string {
  return `${client ?? "?"}-${server ?? "?"}`;
}

/**
 * What the channels of a capture speak: the links of a tap that have the same sockets are one. Found out from the messages
 * that are shown to it, unless somebody has chosen it.
 */
export class ChannelDialects {
  readonly #channels = new Map<string, Channel>();
  #choices: readonly DialectChoice[] = [];
  readonly #configured = new Map<string, DialectName>();
  #version = 0;
  /** The channel that was asked for last, since most rows are of one. */
  #lastTap = "";
  #lastSockets: SocketPair | null = null;
  #last: Channel | null = null;

  /** Changes whenever messages that were read before may be of another dialect now. */
  get version(): number {
    return this.#version;
  }

  /** What users say, which counts more than what is found out. */
  choose(choices: readonly DialectChoice[]): void {
    this.#choices = choices;
    for (const channel of this.#channels.values()) channel.dialect.choose(this.#chosen(channel));
    this.#version++;
  }

  /** What a tap was started with, unless the user chooses something else. Whether that is new. */
  configure(tapName: string, dialect: DialectName | null): boolean {
    if ((this.#configured.get(tapName) ?? null) === dialect) return false;
    this.#configured.delete(tapName);
    if (dialect !== null) {
      if (this.#configured.size >= MAX_CONFIGURED) this.#configured.delete(this.#configured.keys().next().value!);
      this.#configured.set(tapName, dialect);
    }
    this.choose(this.#choices);
    return true;
  }

  isChosen(tapName: string, sockets: SocketPair): boolean {
    return this.#channel(tapName, sockets).dialect.reading.isChosen;
  }

  /** The dialect to read its messages with; `null` as long as there is none. */
  of(tapName: string, sockets: SocketPair): DialectName | null {
    return effective(this.#channel(tapName, sockets));
  }

  /**
   * Whether message `n` is one to be shown: each only once, and only now and then of a channel that speaks nothing known.
   */
  wants(tapName: string, sockets: SocketPair, n: number): boolean {
    const channel = this.#channel(tapName, sockets);
    const { isSettled, isChosen, dialect } = channel.dialect.reading;
    if (isChosen) return false;
    if (isSettled && dialect === "raw") return n % RAW_STRIDE === 0;
    return !channel.looked.has(n);
  }

  /** Learns from message `n`. */
  see(tapName: string, sockets: SocketPair, n: number, message: DialectMessage, direction: Direction): void {
    const channel = this.#channel(tapName, sockets);
    const before = effective(channel);
    if (channel.looked.size >= MAX_LOOKED) channel.looked.delete(channel.looked.values().next().value!);
    channel.looked.add(n);
    channel.dialect.see(message, direction);
    // As long as nothing was known, nothing was read.
    if (before !== null && effective(channel) !== before) this.#version++;
  }

  #chosen({ tapName, sockets }: Channel): DialectName | null {
    const fitting = this.#choices.filter((choice) => choice.tapName === null || choice.tapName === tapName);
    const found =
      fitting.find((choice) => choice.sockets === sockets) ??
      fitting.find((choice) => choice.tapName !== null && choice.sockets === null) ??
      fitting.find((choice) => choice.sockets === null);
    return found?.dialect ?? this.#configured.get(tapName) ?? null;
  }

  #channel(tapName: string, sockets: SocketPair): Channel {
    if (this.#last !== null && tapName === this.#lastTap && sockets === this.#lastSockets) return this.#last;
    const pair = socketsKey(sockets);
    const key = `${pair} ${tapName}`;
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = { dialect: new ChannelDialect(), tapName, sockets: pair, looked: new Set() };
      channel.dialect.choose(this.#chosen(channel));
      if (this.#channels.size >= MAX_CHANNELS) this.#channels.delete(this.#channels.keys().next().value!);
      this.#channels.set(key, channel);
    }
    this.#lastTap = tapName;
    this.#lastSockets = sockets;
    this.#last = channel;
    return channel;
  }
}

function effective({ dialect: { reading } }: Channel): DialectName | null {
  const { dialect, confidence, isChosen } = reading;
  if (isChosen) return dialect;
  return dialect !== "raw" && confidence >= MIN_CONFIDENCE ? dialect : null;
}

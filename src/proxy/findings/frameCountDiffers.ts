import { MAX_LINKS, MAX_SERVERS } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** So many messages of one count, and no other, are a habit. */
const HABIT = 30;
/** It is told once so many usual ones have followed: the last message of a stream may be another one, which ends it. */
const FOLLOWED = 10;
/** A count that comes more often is that of another kind of message, if it is not rare as well. */
const OFTEN = 3;
const RARE = 0.01;
/** Counts besides the habit that are told apart; with more there is none. */
const MAX_COUNTS = 8;

/** Another number of frames than usual. */
type Odd = {
  frames: number;
  times: number;
  n: number;
  link: number;
  timeNs: number;
  followed: number;
  isTold: boolean;
};

/** What senders of one kind of socket behind one tap do. */
type Channel = {
  readonly key: string;
  frames: number;
  count: number;
  readonly odd: Odd[];
  hasNone: boolean;
};

/** In a one-way stream whose messages have one number of frames, one has another number. */
export const frameCountDiffers: MakeRule = (context) => new FrameCountDiffers(context);

class FrameCountDiffers implements Rule {
  readonly finds = ["frame-count-differs"] as const;
  readonly #context: RuleContext;
  readonly #channels = new Recent<string, Channel>(MAX_SERVERS);
  /** Channels of links. */
  readonly #links = new Recent<number, Channel>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    const { link } = row;
    if (link === null || row.isCopy || row.isHeartbeat) return;
    const sender = row.direction === 0 ? link.sockets.client : link.sockets.server;
    if (sender !== "PUB" && sender !== "XPUB" && sender !== "PUSH") return;
    const channel = this.#links.get(link.link);
    if (channel === undefined) {
      // The first message of a link may greet.
      this.#links.set(link.link, this.#channelOf(`${row.tapName} ${sender} ${row.direction}`));
    } else if (!channel.hasNone) this.#judge(row, channel);
  }

  event(row: SeenRow): void {
    if (row.event === "link-closed" && row.link !== null) this.#links.delete(row.link.link);
  }

  #channelOf(key: string): Channel {
    return this.#channels.get(key) ?? this.#channels.set(key, { key, frames: 0, count: 0, odd: [], hasNone: false });
  }

  #judge(row: SeenRow, channel: Channel): void {
    const { frames } = row;
    if (frames === channel.frames) {
      channel.count++;
      if (channel.odd.length > 0) this.#follow(row, channel);
    } else if (channel.count < HABIT) {
      channel.frames = frames;
      channel.count = 1;
    } else if ((row.said()?.method ?? "") === "") this.#differs(row, channel);
  }

  #differs(row: SeenRow, channel: Channel): void {
    const { frames, n, timeNs } = row;
    const { link } = row.link!;
    const known = channel.odd.find((odd) => odd.frames === frames);
    if (known === undefined) {
      if (channel.odd.length >= MAX_COUNTS) this.#giveUp(channel);
      else channel.odd.push({ frames, times: 1, n, link, timeNs, followed: 0, isTold: false });
      return;
    }
    known.times++;
    known.n = n;
    known.link = link;
    known.timeNs = timeNs;
    known.followed = 0;
    const isOften = known.times >= OFTEN && known.times > channel.count * RARE;
    if (!isOften || !known.isTold) return;
    known.isTold = false;
    this.#context.withdrawn("frame-count-differs", aboutOf(channel, known));
  }

  #follow(row: SeenRow, channel: Channel): void {
    for (const odd of channel.odd) {
      if (odd.followed > FOLLOWED || ++odd.followed !== FOLLOWED) continue;
      if (odd.times >= OFTEN && odd.times > channel.count * RARE) continue;
      odd.isTold = true;
      const { tapName } = row;
      this.#context.found({
        id: "frame-count-differs",
        about: aboutOf(channel, odd),
        text: `A message has ${framesOf(odd.frames)}, and the ${channel.count} others of this stream have ${framesOf(channel.frames)} each.`,
        advice:
          "Receivers that count on the usual frames take this one apart wrongly: see where the program forgets a frame " +
          "(ZMQ_SNDMORE) or sends one too many.",
        tapName,
        link: odd.link,
        evidence: [odd.n],
        timeNs: odd.timeNs,
      });
    }
  }

  /** Messages come in all sizes here. */
  #giveUp(channel: Channel): void {
    channel.hasNone = true;
    for (const odd of channel.odd) {
      if (odd.isTold) this.#context.withdrawn("frame-count-differs", aboutOf(channel, odd));
    }
    channel.odd.length = 0;
  }
}

function aboutOf({ key }: Channel, { frames }: Odd): string {
  return `${key} ${frames}`;
}

function framesOf(count: number): string {
  return `${count} frame${count === 1 ? "" : "s"}`;
}

import { ttlTenths } from "./heartbeatTtl.ts";
import { MAX_LINKS } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** A program may end between its PING and the answer: that is no missed heartbeat. */
const MIN_WAIT_NS = 100e6;
/** What is not answered for so long is told before anybody closes, unless its PING gives more time. */
const LONG_WAIT_NS = 2e9;
/** The same where the PING gives no time. */
const LONGEST_WAIT_NS = 10e9;
/** Clocks of two machines run at their own pace, and rows have the time at which the tap had them. */
const TOLERANCE = 0.9;

const SIDES = ["client", "server"] as const;

/** What is known of one direction of a link that has heartbeats. */
type Half = {
  /** Its PING that nothing has come back for, and when that was; 0 and -1 when there is none. */
  ping: number;
  pingNs: number;
  /** The time to live that it has asked for. */
  ttlNs: number;
  /** Its latest row. */
  lastNs: number;
  lastN: number;
};

type Beating = {
  readonly link: number;
  readonly tapName: string;
  readonly halves: readonly [Half, Half];
  isTold: boolean;
};

/** A PING that nothing comes back for, or a peer that was silent for longer than the time to live that it had asked for. */
export const heartbeatMissed: MakeRule = (context) => new HeartbeatMissed(context);

class HeartbeatMissed implements Rule {
  readonly finds = ["heartbeat-missed"] as const;
  readonly #context: RuleContext;
  readonly #links = new Recent<number, Beating>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    if (this.#links.size > 0) this.#heard(row);
  }

  event(row: SeenRow): void {
    if (row.link === null) return;
    if (row.event === "ping") this.#pinged(row);
    else if (row.event === "link-closed") this.#closed(row);
    else if (this.#links.size > 0) this.#heard(row);
  }

  tick(nowNs: number): void {
    for (const beating of this.#links.values()) {
      if (beating.isTold) continue;
      for (const direction of [0, 1] as const) {
        const { pingNs, ttlNs } = beating.halves[direction];
        if (pingNs < 0 || nowNs - pingNs < (ttlNs === 0 ? LONGEST_WAIT_NS : Math.max(ttlNs, LONG_WAIT_NS))) continue;
        beating.isTold = true;
        this.#tell(beating, direction, nowNs, "", true);
      }
    }
  }

  skipped(): void {
    for (const { halves } of this.#links.values()) for (const half of halves) half.pingNs = -1;
  }

  #pinged(row: SeenRow): void {
    const { link, tapName } = row.link!;
    const beating =
      this.#links.get(link) ?? this.#links.set(link, { link, tapName, halves: [silent(), silent()], isTold: false });
    this.#heard(row);
    const half = beating.halves[row.direction === 0 ? 0 : 1];
    half.ttlNs = ttlTenths(row) * 1e8;
    if (half.pingNs >= 0) return;
    half.ping = row.n;
    half.pingNs = row.timeNs;
  }

  /** Whatever a peer sends shows that it lives. */
  #heard(row: SeenRow): void {
    const beating = row.link === null || row.direction < 0 ? undefined : this.#links.get(row.link.link);
    if (beating === undefined) return;
    const [own, other] = row.direction === 0 ? beating.halves : [beating.halves[1], beating.halves[0]];
    own.lastNs = row.timeNs;
    own.lastN = row.n;
    other.pingNs = -1;
    if (!beating.isTold) return;
    beating.isTold = false;
    this.#context.ended("heartbeat-missed", aboutOf(beating));
  }

  #closed(row: SeenRow): void {
    const beating = this.#links.get(row.link!.link);
    if (beating === undefined) return;
    this.#links.delete(beating.link);
    const by = row.detail()?.["by"];
    if (by === "client" || by === "server") {
      const closer = by === "client" ? 0 : 1;
      const [own, other] = closer === 0 ? beating.halves : [beating.halves[1], beating.halves[0]];
      const isUnanswered = own.pingNs >= 0 && row.timeNs - own.pingNs >= MIN_WAIT_NS;
      const isOverdue = other.ttlNs > 0 && other.lastN > 0 && row.timeNs - other.lastNs >= other.ttlNs * TOLERANCE;
      if (isUnanswered) this.#tell(beating, closer, row.timeNs, `, and the ${by} closed the connection`, false);
      else if (isOverdue) this.#tellSilence(beating, closer, row);
    }
    if (beating.isTold) this.#context.ended("heartbeat-missed", aboutOf(beating));
  }

  /** `direction` is that of the PING. */
  #tell(beating: Beating, direction: number, nowNs: number, end: string, isOpen: boolean): void {
    const { ping, pingNs } = beating.halves[direction === 0 ? 0 : 1];
    const [own, other] = direction === 0 ? SIDES : (["server", "client"] as const);
    this.#found(beating, {
      text: `Nothing has come from the ${other} for ${seconds(nowNs - pingNs)} since the ${own}'s heartbeat${end}.`,
      advice: `See whether the ${other}'s program hangs or its machine is gone; where it is only slow, raise ZMQ_HEARTBEAT_TIMEOUT of the ${own}.`,
      evidence: [ping],
      timeNs: nowNs,
      isOpen,
    });
  }

  #tellSilence(beating: Beating, closer: number, row: SeenRow): void {
    const { lastNs, lastN, ttlNs } = beating.halves[closer === 0 ? 1 : 0];
    const [own, other] = closer === 0 ? SIDES : (["server", "client"] as const);
    this.#found(beating, {
      text:
        `Nothing had come from the ${other} for ${seconds(row.timeNs - lastNs)}, its heartbeats promise one within ` +
        `${seconds(ttlNs)}, and the ${own} closed the connection.`,
      advice: `See whether the ${other}'s program or its network hung; where it is only slow, raise its ZMQ_HEARTBEAT_TTL.`,
      evidence: [lastN, row.n],
      timeNs: row.timeNs,
      isOpen: false,
    });
  }

  #found(
    beating: Beating,
    found: { text: string; advice: string; evidence: readonly number[]; timeNs: number; isOpen: boolean },
  ): void {
    const { link, tapName } = beating;
    this.#context.found({ id: "heartbeat-missed", about: aboutOf(beating), tapName, link, ...found });
  }
}

function silent(): Half {
  return { ping: 0, pingNs: -1, ttlNs: 0, lastNs: 0, lastN: 0 };
}

function aboutOf({ link }: Beating): string {
  return `link ${link}`;
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(1)} s`;
}

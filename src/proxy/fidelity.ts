import type { Fidelity } from "../shared/pictures.ts";
import type { Capture } from "./capture/capture.ts";
import { percentileMs } from "./pictures/histogram.ts";
import type { Carried } from "./relay/flowCount.ts";
import type { Tap } from "./relay/tap.ts";
import { TrafficSum } from "./relay/trafficSum.ts";

/** A tap as far as its fidelity is judged. */
export type JudgedTap = {
  readonly config: { readonly id: string };
  readonly counters: { readonly messages: number; readonly passedBy: number };
  readonly seenBefore: number;
  readonly tap: Pick<Tap, "traffic" | "addedLatency">;
};

/** What proves that taps do no harm: of one, or of all destinations of a SOCKS server. Between two chunks all equations hold. */
export function fidelityOf(taps: readonly JudgedTap[], capture: Capture): Fidelity {
  const traffic = new TrafficSum();
  const histogram = new Float64Array(taps[0]?.tap.addedLatency.histogram.length ?? 0);
  const counts = { seen: 0, kept: 0, evicted: 0, passedBy: 0, samples: 0, waited: 0 };
  for (const { config, counters, seenBefore, tap } of taps) {
    traffic.join(tap.traffic);
    for (const [bucket, count] of tap.addedLatency.histogram.entries()) histogram[bucket]! += count;
    const { kept, evicted } = capture.store.messagesOf(config.id);
    counts.seen += seenBefore + counters.messages;
    counts.kept += kept;
    counts.evicted += evicted;
    counts.passedBy += counters.passedBy;
    counts.samples += tap.addedLatency.samples;
    counts.waited += tap.addedLatency.waited;
  }
  const { carried, rekeyed, rekeyedLinks, heldUpMs } = traffic;
  const both = (name: keyof Carried): [number, number] => [carried[0][name], carried[1][name]];
  const latency = (share: number): number | null =>
    counts.samples === 0 ? null : percentileMs(histogram, counts.samples, share);
  return {
    received: both("received"),
    sent: both("sent"),
    undelivered: both("undelivered"),
    queued: both("queued"),
    added: both("added"),
    removed: both("removed"),
    rekeyed: {
      links: rekeyedLinks,
      received: [rekeyed[0].received, rekeyed[1].received],
      sent: [rekeyed[0].sent, rekeyed[1].sent],
    },
    ...counts,
    addedP50Ms: latency(0.5),
    addedP99Ms: latency(0.99),
    heldUpMs: [heldUpMs[0], heldUpMs[1]],
    problems: problemsOf(carried, counts),
  };
}

function problemsOf(
  carried: readonly [Carried, Carried],
  { seen, kept, evicted, passedBy }: Pick<Fidelity, "seen" | "kept" | "evicted" | "passedBy">,
): string[] {
  const problems: string[] = [];
  for (const [direction, { received, added, sent, queued, undelivered, removed }] of carried.entries()) {
    const wanted = received + added;
    const found = sent + queued + undelivered + removed;
    if (wanted === found) continue;
    const way = direction === 0 ? "To the server" : "To the client";
    const came = `${received} octets received${added === 0 ? "" : ` and ${added} added`}`;
    const went = `${sent} sent, ${queued} queued, ${undelivered} undelivered${removed === 0 ? "" : `, ${removed} removed`}`;
    problems.push(`${way}, ${came} are not ${went}.`);
  }
  if (seen !== kept + evicted + passedBy) {
    const uncaptured = passedBy === 0 ? "" : ` and ${passedBy} not captured`;
    problems.push(`${seen} messages seen are not ${kept} kept and ${evicted} evicted${uncaptured}.`);
  }
  return problems;
}

import type { Rule, RuleContext, SeenRow } from "./rule.ts";

const MAX_LINKS = 4096;
/** Of so much time a subscriber has to have kept its publisher waiting for more than half. */
const WINDOW_NS = 2e9;
const SHARE = 0.5;
const PUBLISHERS: ReadonlySet<string | null> = new Set(["PUB", "XPUB"]);

type Watched = {
  readonly tapName: string;
  readonly address: string;
  readonly openedN: number;
  /** Of its latest message. */
  lastN: number;
  /** When the window began, and how long it had been held up by then. */
  sinceNs: number;
  heldUpMs: number;
  isTold: boolean;
};

/**
 * A subscriber takes what is published more slowly than it comes: its connection is full, so that the tap does not read on
 * from the publisher for it, whose queue for it fills then. Only seen while the tap relays.
 */
export function slowSubscriber(context: RuleContext): Rule {
  const links = new Map<number, Watched>();

  const judge = (link: number, watched: Watched, nowNs: number): void => {
    const forNs = nowNs - watched.sinceNs;
    if (forNs < WINDOW_NS) return;
    const heldUpMs = context.heldUpMs(link);
    const byMs = heldUpMs - watched.heldUpMs;
    watched.sinceNs = nowNs;
    watched.heldUpMs = heldUpMs;
    const isSlow = byMs * 1e6 > SHARE * forNs;
    if (!isSlow) {
      if (watched.isTold) context.ended("slow-subscriber", `link ${link}`);
      watched.isTold = false;
      return;
    }
    watched.isTold = true;
    context.found({
      id: "slow-subscriber",
      about: `link ${link}`,
      text: `Link ${link} (${watched.address}) does not keep up: for ${(byMs / 1000).toFixed(1)} of the last ${(forNs / 1e9).toFixed(1)} s it took nothing more, so what is published waits.`,
      advice:
        "Once the publisher's queue for this subscriber is full (ZMQ_SNDHWM) it drops what it publishes, and says nothing. Let the subscriber do its work elsewhere than where it receives, or subscribe to less.",
      tapName: watched.tapName,
      link,
      evidence: watched.lastN > watched.openedN ? [watched.openedN, watched.lastN] : [watched.openedN],
      timeNs: nowNs,
      isOpen: true,
    });
  };

  return {
    finds: ["slow-subscriber"],
    message(row: SeenRow): void {
      if (row.link === null || row.direction !== 1) return;
      const watched = links.get(row.link.link);
      if (watched !== undefined) watched.lastN = row.n;
    },
    event(row: SeenRow): void {
      const { link } = row;
      if (link === null) return;
      if (row.event === "link-closed") {
        if (links.get(link.link)?.isTold === true) context.ended("slow-subscriber", `link ${link.link}`);
        links.delete(link.link);
      }
      if (row.event !== "handshake" || !PUBLISHERS.has(link.sockets.server) || links.size >= MAX_LINKS) return;
      links.set(link.link, {
        tapName: link.tapName,
        address: link.client,
        openedN: row.n,
        lastN: row.n,
        sinceNs: row.timeNs,
        heldUpMs: context.heldUpMs(link.link),
        isTold: false,
      });
    },
    tick(nowNs: number): void {
      if (!context.isLive) return;
      for (const [link, watched] of links) judge(link, watched, nowNs);
    },
  };
}

import { MAX_SERVERS } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** Clients may be there first, and servers are started anew: that is no finding. */
const PATIENCE_NS = 5e9;

type Down = {
  readonly tapName: string;
  readonly sinceNs: number;
  readonly n: number;
  /** What happened, and what to do, as sentences. */
  readonly reason: string;
  isTold: boolean;
};

/** Clients of a tap have been turned away for a while, since its server cannot be reached. */
export const serverDown: MakeRule = (context) => new ServerDown(context);

class ServerDown implements Rule {
  readonly finds = ["server-down"] as const;
  readonly #context: RuleContext;
  readonly #downs = new Recent<string, Down>(MAX_SERVERS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  event(row: SeenRow): void {
    if (row.event !== "server-down") return;
    const { tapName, timeNs, n } = row;
    const detail = row.detail();
    const known = this.#downs.get(tapName);
    if (detail?.["state"] === "back") {
      if (known?.isTold === true) this.#context.ended("server-down", tapName);
      this.#downs.delete(tapName);
    } else if (known === undefined) {
      const reason = typeof detail?.["reason"] === "string" ? detail["reason"] : "";
      this.#downs.set(tapName, { tapName, sinceNs: timeNs, n, reason, isTold: false });
    }
  }

  tick(nowNs: number): void {
    for (const down of this.#downs.values()) {
      if (down.isTold || nowNs - down.sinceNs < PATIENCE_NS) continue;
      down.isTold = true;
      const { tapName, n, sinceNs } = down;
      const [what, advice] = atFirstSentence(down.reason);
      this.#context.found({
        id: "server-down",
        about: tapName,
        text: what === "" ? "The server cannot be reached." : what,
        advice: advice === "" ? "Start the server, or point the tap at where it listens." : advice,
        tapName,
        link: null,
        evidence: [n],
        timeNs: sinceNs,
        isOpen: true,
      });
    }
  }
}

/** The first sentence, and what follows it. */
function atFirstSentence(text: string): readonly [string, string] {
  const end = text.indexOf(". ");
  return end < 0 ? [text, ""] : [text.slice(0, end + 1), text.slice(end + 2)];
}

import { styleText } from "node:util";
import type { Direction } from "../shared/model.ts";
import type { Fidelity } from "../shared/pictures.ts";

const WAYS = ["to the server", "to the client"] as const;

/** What proves that a tap did no harm, in lines for a terminal, where what fails is red. */
export function fidelityText(name: string, fidelity: Fidelity): string {
  const { rekeyed, seen, kept, evicted, passedBy, samples, addedP50Ms, addedP99Ms, heldUpMs, problems } = fidelity;
  const lines: [string, string][] = [
    [WAYS[0], octets(fidelity, 0)],
    [WAYS[1], octets(fidelity, 1)],
  ];
  if (rekeyed.links > 0) {
    const { links, received, sent } = rekeyed;
    const both = ([there, back]: readonly [number, number]): string => `${there} and ${back}`;
    lines.push([
      `${links} re-keyed ${links === 1 ? "link" : "links"}`,
      `${both(received)} octets in, ${both(sent)} out, which differ since they are encrypted anew`,
    ]);
  }
  const uncaptured = passedBy === 0 ? "" : ` + ${passedBy} not captured`;
  lines.push(["messages", `${seen} seen = ${kept} kept + ${evicted} evicted${uncaptured}`]);
  if (addedP50Ms !== null && addedP99Ms !== null) {
    const chunks = `${samples} ${samples === 1 ? "chunk" : "chunks"}`;
    lines.push([
      "added latency",
      `${addedP50Ms.toFixed(3)} ms (50 %), ${addedP99Ms.toFixed(3)} ms (99 %) of ${chunks}`,
    ]);
  }
  lines.push(["held up", WAYS.map((way, at) => `${heldUpMs[at as Direction].toFixed(0)} ms ${way}`).join(", ")]);
  const told = lines.map(([label, text]) => `  ${label.padEnd(15)} ${text}\n`).join("");
  const verdict =
    problems.length === 0
      ? "  all numbers agree\n"
      : problems.map((problem) => styleText("red", `  ${problem}`, { stream: process.stderr }) + "\n").join("");
  return `fidelity of ${name}\n${told}${verdict}`;
}

/** Both sides of the equation; what is 0 is left out. */
function octets({ received, added, sent, queued, undelivered, removed }: Fidelity, way: Direction): string {
  const more = (of: readonly [number, number], what: string): string => (of[way] === 0 ? "" : ` + ${of[way]} ${what}`);
  const found = `${more(queued, "queued")}${more(undelivered, "undelivered")}${more(removed, "removed")}`;
  return `${received[way]} octets in${more(added, "added")} = ${sent[way]} out${found}`;
}

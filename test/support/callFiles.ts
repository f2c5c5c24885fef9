import type { CallOutcome, CallReply, ToldSaid } from "../../src/shared/calls.ts";
import type { DialectInfo } from "../../src/shared/dialects.ts";
import type { CallContext } from "../../src/shared/zmqrpc/callFile.ts";

/** What dialects take, as the registry would say it. */
export const dialects: readonly DialectInfo[] = [
  {
    name: "json-rpc",
    title: "JSON-RPC 2.0",
    meaning: "A request object.",
    socket: "REQ",
    takesArgs: true,
    takesKwargs: true,
    fields: [
      { name: "notify", label: "Notification", kind: "boolean", hint: "No id." },
      { name: "state", label: "State", kind: "choice", choices: ["start", "end"], hint: "When." },
      { name: "service", label: "Service", kind: "text", hint: "Whose." },
      { name: "extra", label: "Extra", kind: "json", hint: "Anything." },
      { name: "key", label: "Key", kind: "secret", hint: "Signs." },
    ],
    canCall: true,
  },
  {
    name: "bitcoin",
    title: "Bitcoin",
    meaning: "Notifications.",
    socket: "PUB",
    takesArgs: false,
    takesKwargs: false,
    fields: [],
    canCall: false,
  },
];

export const context: CallContext = { environment: null, environments: new Map(), given: new Map(), dialects: null };

/** An outcome with a reply that its dialect reads as `said`. */
export function replied(
  kind: CallOutcome["kind"],
  said: Partial<ToldSaid>,
  more: Partial<CallReply> = {},
): CallOutcome {
  const whole: ToldSaid = {
    kind: kind === "error" ? "error" : "reply",
    method: "",
    problem: null,
    code: null,
    id: null,
    facts: [],
    json: null,
    truncated: false,
    ...said,
  };
  const reply: CallReply = { frames: [], said: whole, problem: null, latencyMs: 1.25, attempt: 1, row: null, ...more };
  return { ...without(kind), reply };
}

/** An outcome without a reply. */
export function without(kind: CallOutcome["kind"], more: Partial<CallOutcome> = {}): CallOutcome {
  return {
    kind,
    dialect: "json-rpc",
    reply: null,
    attempts: 1,
    timeoutMs: 500,
    request: null,
    others: [],
    moreOthers: 0,
    hint: null,
    ...more,
  };
}

const PIECES = [
  "call a", "call", "variables", "environment x", "defaults", "method: add", "args: [1,", "]", "}", "  ", "    ", "\t",
  "# c", "", "frame: hex", "frame: json {", "00 ff", '"a": "{{x}}"', "{{", "}}", "expect: value == [", "x:", ":", "\r",
] as const; // prettier-ignore

/** Lines put together from pieces that matter to the reader, and now and then any character. */
export function randomText(below: (n: number) => number): string {
  let text = "";
  for (let count = below(40); count > 0; count--) {
    const piece = below(12) === 0 ? String.fromCharCode(below(0x250)) : PIECES[below(PIECES.length)]!;
    text += piece + (below(3) === 0 ? "" : "\n");
  }
  return text;
}

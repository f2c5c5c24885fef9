import type { Said } from "../../shared/dialects.ts";
import { utf8Text } from "../decode/text.ts";
import type { Dialect, EncodedCall } from "./dialect.ts";
import { payloadOf } from "./envelope.ts";

const encoder = new TextEncoder();

/** Frames as they are: what fits nothing else, and what a user types. */
export const raw: Dialect = {
  name: "raw",
  title: "Raw frames",
  meaning:
    "Any frames: the method is the first one as text, each argument a further one (text, or JSON of anything else).",
  socket: "REQ",
  takesArgs: true,
  takesKwargs: false,
  fields: [],
  canCall: true,
  confidence: () => 0,
  decode({ frames, sender }) {
    const kind: Said["kind"] = sender === "REQ" ? "call" : sender === "REP" ? "reply" : "event";
    const value = payloadOf(frames).map((frame) => utf8Text(frame) ?? frame);
    return {
      said: { kind, method: "", args: null, kwargs: null, value, problem: null, code: null, id: null, facts: [] },
    };
  },
  encode({ method, args }): EncodedCall {
    return { frames: [method, ...args].map(toFrame) };
  },
  renew: (frames) => ({ frames }),
  answer(_call, answer) {
    const value = answer.kind === "value" ? answer.value : answer.problem;
    return { frames: (Array.isArray(value) ? value : [value]).map(toFrame) };
  },
};

function toFrame(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return encoder.encode(typeof value === "string" ? value : JSON.stringify(value ?? null));
}

import type { DialectInfo, DialectName } from "../../shared/dialects.ts";
import type { Dialect, DialectMessage } from "./dialect.ts";
import { jsonRpc } from "./jsonRpc.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { raw } from "./raw.ts";

/** In the order in which ties are broken. */
const dialects: readonly Dialect[] = [raw, jsonRpc];

/** Undefined for a name that is none, as files and command lines may hold. */
export function dialectNamed(name: string): Dialect | undefined {
  return dialects.find((dialect) => dialect.name === name);
}

export function dialectInfos(): readonly DialectInfo[] {
  return dialects.map(({ name, title, meaning, socket, takesArgs, takesKwargs, fields, canCall }) => ({
    name,
    title,
    meaning,
    socket,
    takesArgs,
    takesKwargs,
    fields,
    canCall,
  }));
}

/** The dialect that a message looks most like; `raw` with confidence 0 when it looks like none. */
export function detect(message: DialectMessage): { readonly dialect: DialectName; readonly confidence: number } {
  let best: { dialect: DialectName; confidence: number } = { dialect: "raw", confidence: 0 };
  if (message.frames.reduce((sum, frame) => sum + frame.length, 0) > MAX_MESSAGE_BYTES) return best;
  for (const dialect of dialects) {
    const confidence = dialect.confidence(message);
    if (confidence > best.confidence) best = { dialect: dialect.name, confidence };
  }
  return best;
}

import type { DialectInfo, DialectName } from "../../shared/dialects.ts";
import type { Dialect, DialectMessage } from "./dialect.ts";
import { bitcoin } from "./bitcoin.ts";
import { frontendBackend } from "./frontendBackend.ts";
import { jsonRpc } from "./jsonRpc.ts";
import { jupyter } from "./jupyter.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { locust } from "./locust.ts";
import { majordomo } from "./majordomo.ts";
import { pyzmqrpc } from "./pyzmqrpc.ts";
import { pyzmqrpc3 } from "./pyzmqrpc3.ts";
import { raw } from "./raw.ts";
import { voisietequi } from "./voisietequi.ts";
import { xmlRpc } from "./xmlRpc.ts";
import { zerorpc } from "./zerorpc.ts";
import { zmqWebBridge } from "./zmqWebBridge.ts";

/** In the order in which ties are broken. */
const dialects: readonly Dialect[] = [
  raw,
  frontendBackend,
  pyzmqrpc3,
  pyzmqrpc,
  voisietequi,
  zmqWebBridge,
  xmlRpc,
  jupyter,
  zerorpc,
  jsonRpc,
  majordomo,
  bitcoin,
  locust,
];

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

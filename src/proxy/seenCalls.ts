import type { SeenCalls } from "../shared/calls.ts";
import type { DialectName } from "../shared/dialects.ts";
import type { SocketType, TapId } from "../shared/model.ts";
import { detect, dialectNamed } from "./dialects/registry.ts";
import { dialectTools } from "./dialectTools.ts";
import type { Engine } from "./engine.ts";

const MAX_METHODS = 200;
/** Newest rows that are looked at, messages of the tap that are read, and how long at most. */
const MAX_ROWS = 20_000;
const MAX_MESSAGES = 500;
const MAX_MS = 50;
const MAX_BYTES = 65_536;
const MAX_FRAMES = 32;
const MAX_METHOD_CHARS = 200;
/** A message that looks less like a dialect than this says nothing of its tap. */
const MIN_CONFIDENCE = 0.5;

/**
 * What was called through a tap among the newest messages in memory: the methods of `dialect`, or of the tap's own, or of
 * the one that most of them look like. Long messages are passed over.
 */
export function seenCalls(engine: Engine, tap: TapId, dialect: DialectName | null): SeenCalls {
  const { capture } = engine;
  const { config } = engine.tap(tap);
  const key = engine.dialectKeys.of(config.name);
  const wanted = dialect ?? config.dialect ?? null;
  const votes = new Map<DialectName, number>();
  // Dialects may have the same form of replies, so what calls look like counts first.
  const votesOfCalls = new Map<DialectName, number>();
  const methods = new Map<DialectName, Map<string, number>>();
  const endMs = performance.now() + MAX_MS;
  const { firstN, lastN } = capture;
  let messages = 0;
  for (let n = lastN; n >= firstN && n > lastN - MAX_ROWS && messages < MAX_MESSAGES; n--) {
    if ((n & 63) === 0 && performance.now() > endMs) break;
    if (!capture.isInMemory(n)) continue;
    const raw = capture.row(n);
    if (raw?.kind !== "message" || raw.tap !== tap || raw.sizeBytes > MAX_BYTES || raw.frames > MAX_FRAMES) continue;
    messages++;
    const frames = capture.framePrefixes(n, MAX_FRAMES, MAX_BYTES).frames.map(({ prefix }) => prefix);
    const { client, server } = raw.link?.sockets ?? { client: null, server: null };
    const [sender, receiver]: (SocketType | null)[] = raw.direction === 1 ? [server, client] : [client, server];
    const message = { frames, sender: sender ?? null, receiver: receiver ?? null };
    const looks = detect(message);
    if (looks.confidence >= MIN_CONFIDENCE) count(votes, looks.dialect);
    const name = wanted ?? (looks.confidence >= MIN_CONFIDENCE ? looks.dialect : null);
    const read = name === null ? undefined : dialectNamed(name)?.decode(message, key, dialectTools);
    if (name === null || read === undefined || !("said" in read)) continue;
    const { kind, method } = read.said;
    if (kind !== "call" && kind !== "signal") continue;
    if (name === looks.dialect && looks.confidence >= MIN_CONFIDENCE) count(votesOfCalls, name);
    if (method === "" || method.length > MAX_METHOD_CHARS) continue;
    const known = methods.get(name) ?? new Map<string, number>();
    methods.set(name, known);
    count(known, method);
  }
  const detected = config.dialect ?? mostFrequent(votesOfCalls)[0] ?? mostFrequent(votes)[0] ?? null;
  const asked = wanted ?? detected;
  const found = asked === null ? undefined : methods.get(asked);
  return { dialect: detected, methods: found === undefined ? [] : mostFrequent(found).slice(0, MAX_METHODS) };
}

function count<T>(counts: Map<T, number>, what: T): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function mostFrequent<T>(counts: ReadonlyMap<T, number>): T[] {
  return [...counts].sort((one, other) => other[1] - one[1]).map(([what]) => what);
}

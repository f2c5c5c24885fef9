import type { Decoded } from "../../shared/model.ts";
import { cutText, toHex, writeJson } from "./jsonText.ts";
import { PickleReader, type PickleStep } from "./pickleOps.ts";
import { PickleMachine } from "./pickleValue.ts";

const PROTO = 0x80;
const HIGHEST_PROTOCOL = 5;
/** Steps that are read; a larger pickle is shown as far as these go. */
const MAX_STEPS = 50_000;
/** Steps that are enough for a guess. */
const MAX_GUESSED = 500;
const STEPS_TO_TRUST = 3;
const MAX_LISTING_CHARS = 128 * 1024;
const ARGUMENT_CHARS = 120;
const ARGUMENT_BYTES = 40;

/**
 * A Python pickle, taken apart and never loaded: what it would build, a warning of what loading it would import and call,
 * and its opcodes as pickletools.dis lists them.
 */
export function decodePickle(bytes: Uint8Array, maxChars: number): Decoded {
  const reader = new PickleReader(bytes);
  const machine = new PickleMachine();
  const lines: string[] = [];
  let chars = 0;
  let steps = 0;
  let last: PickleStep | undefined;
  while (last?.name !== "STOP" && steps < MAX_STEPS) {
    last = reader.next();
    if (last === undefined) return { kind: "none", reason: reader.problem ?? "" };
    steps++;
    machine.take(last);
    if (chars >= MAX_LISTING_CHARS) continue;
    const line = stepLine(bytes, last);
    lines.push(line);
    chars += line.length + 1;
  }
  const isWhole = last?.name === "STOP";
  if (isWhole && reader.at < bytes.length) {
    return { kind: "none", reason: `This is not one pickle: ${bytes.length - reader.at} octets follow its STOP.` };
  }
  if (chars >= MAX_LISTING_CHARS) lines.push(`… ${steps - lines.length} more steps`);
  const built = isWhole ? machine.value : undefined;
  const { json, truncated } = writeJson(
    built === undefined ? { $pickle: builtNothing(isWhole) } : built.value,
    maxChars,
  );
  const listing = { title: `Disassembly (${steps} steps)`, text: lines.join("\n") };
  const warning = warningOf(machine);
  return { kind: "tree", json, truncated: truncated || !isWhole, ...(warning === "" ? {} : { warning }), listing };
}

/** How sure it is, from 0 to 1, that octets are a pickle of protocol 2 or later. Older ones are text. */
export function pickleConfidence(bytes: Uint8Array, isPrefix: boolean): number {
  const protocol = bytes[1] ?? 0;
  if (bytes[0] !== PROTO || protocol < 2 || protocol > HIGHEST_PROTOCOL) return 0;
  const reader = new PickleReader(bytes);
  for (let steps = 0; steps < MAX_GUESSED; steps++) {
    const step = reader.next();
    if (step === undefined) return isPrefix && reader.isCut && steps >= STEPS_TO_TRUST ? 0.85 : 0;
    if (step.name === "STOP") return reader.at === bytes.length ? 0.95 : 0;
  }
  return 0.85;
}

function builtNothing(isWhole: boolean): string {
  return isWhole ? "Its steps build no value." : `Only its first ${MAX_STEPS} steps were read.`;
}

function warningOf({ imports, calls }: PickleMachine): string {
  if (imports.size === 0) return calls ? "Loading this pickle would call what it builds. It was only read." : "";
  const does = calls ? "import and call" : "import";
  const names = [...imports].map((name) => cutText(name, ARGUMENT_CHARS)).join(", ");
  return `Loading this pickle would ${does} ${names}. It was only read.`;
}

function stepLine(bytes: Uint8Array, { at, name, argument }: PickleStep): string {
  const octet = bytes[at]!;
  const sign = octet > 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\x${octet.toString(16)}`;
  const start = `${String(at).padStart(6)}: ${sign.padEnd(4)} ${name}`;
  return argument === null ? start : `${start.padEnd(30)} ${argumentText(argument)}`;
}

function argumentText(argument: NonNullable<PickleStep["argument"]>): string {
  if (argument instanceof Uint8Array) {
    const hex = toHex(argument, Math.min(argument.length, ARGUMENT_BYTES));
    return `${hex}${argument.length > ARGUMENT_BYTES ? `… (${argument.length} B)` : ""}`;
  }
  if (typeof argument === "object") return argument.map((word) => cutText(word, ARGUMENT_CHARS)).join(" ");
  if (typeof argument !== "string") return String(argument);
  const shown = JSON.stringify(cutText(argument, ARGUMENT_CHARS));
  return argument.length > ARGUMENT_CHARS ? `${shown}… ${argument.length - ARGUMENT_CHARS} more characters` : shown;
}

/** How a number is written that grows by one with each message. */
export const SEQUENCE_TYPES = [
  "u8",
  "u16le",
  "u16be",
  "u32le",
  "u32be",
  "u64le",
  "u64be",
  /** Decimal digits. */
  "text",
  /** A number in a JSON text. */
  "json",
] as const;
export type SequenceType = (typeof SEQUENCE_TYPES)[number];

/** Where messages say which one they are, so that it can be told which are missing. */
export type Sequence = {
  /** Name of a tap; those of all taps without it. */
  readonly tap?: string;
  /** What the first frame begins with, for messages that have a topic. */
  readonly topic?: string;
  /** Counted from 0; from the end where it is negative, -1 is the last one. */
  readonly frame: number;
  /** Octets in front of the number; of `text` those before it is searched for. */
  readonly offset?: number;
  readonly type: SequenceType;
  /** Of `json`: members and items, such as `header.seq` or `items[0].n`. */
  readonly path?: string;
  /** Whether each topic has numbers of its own, as by default, or all that a peer sends shares them. */
  readonly per?: "topic" | "peer";
};

export const MAX_SEQUENCES = 50;
const MAX_TEXT = 255;
const MAX_FRAME = 1_000;
const MAX_OFFSET = 1_048_576;
const KEYS = ["tap", "topic", "frame", "offset", "type", "path", "per"];

/** A sequence of the settings. A text says what is wrong with it. */
export function readSequence(value: unknown): Sequence | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return 'A sequence is an object, such as { "frame": -1, "type": "u32le" }.';
  }
  const { tap, topic, frame, offset, type, path, per } = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return `"${unknown.slice(0, 40)}" is none of ${KEYS.join(", ")}.`;
  const known = SEQUENCE_TYPES.find((each) => each === type);
  if (known === undefined) return `The type of a sequence is one of ${SEQUENCE_TYPES.join(", ")}.`;
  if (!isWhole(frame, -MAX_FRAME, MAX_FRAME)) {
    return `The frame of a sequence is a whole number: 0 for the first one, -1 for the last one.`;
  }
  if (offset !== undefined && !isWhole(offset, 0, MAX_OFFSET)) {
    return `The offset of a sequence is a whole number of octets from 0 to ${MAX_OFFSET}.`;
  }
  for (const [name, text] of [
    ["tap", tap],
    ["topic", topic],
  ] as const) {
    if (text !== undefined && !isText(text))
      return `The ${name} of a sequence is a text of 1 to ${MAX_TEXT} characters.`;
  }
  if (per !== undefined && per !== "topic" && per !== "peer") return "A sequence is per topic or per peer.";
  if (known !== "json" && path !== undefined) return "Only a sequence of the type json has a path.";
  if (known === "json" && (!isText(path) || pathSteps(path) === null)) {
    return "A sequence of the type json needs the path of its number, such as header.seq or items[0].n.";
  }
  return {
    frame,
    type: known,
    ...(isText(tap) ? { tap } : {}),
    ...(isText(topic) ? { topic } : {}),
    ...(offset === undefined ? {} : { offset }),
    ...(isText(path) ? { path } : {}),
    ...(per === undefined ? {} : { per }),
  };
}

/** Sequences of the settings, and a sentence for each that cannot be used. */
export function readSequences(value: unknown): { readonly sequences: Sequence[]; readonly problems: string[] } {
  if (!Array.isArray(value)) return { sequences: [], problems: ["Sequences are a list."] };
  const sequences: Sequence[] = [];
  const problems: string[] = [];
  for (const [index, each] of (value as readonly unknown[]).slice(0, MAX_SEQUENCES).entries()) {
    const read = readSequence(each);
    if (typeof read === "string") problems.push(`Sequence ${index + 1}: ${read}`);
    else sequences.push(read);
  }
  if (value.length > MAX_SEQUENCES) problems.push(`There are more than ${MAX_SEQUENCES} sequences.`);
  return { sequences, problems };
}

/** A sequence as it is written on the command line: `topic=hash,frame=-1,type=u32le`. A text says what is wrong with it. */
export function parseSequence(text: string): Sequence | string {
  const value: Record<string, string | number> = {};
  for (const part of text.split(",")) {
    const match = /^\s*(\w+)\s*=(.*)$/.exec(part);
    if (match === null) return "Write it as name=value pairs with commas between, such as frame=-1,type=u32le.";
    const [, name, written] = match as unknown as [string, string, string];
    const isNumber = name === "frame" || name === "offset";
    value[name] = isNumber ? Number(written.trim() || NaN) : name === "topic" ? written : written.trim();
  }
  return readSequence(value);
}

/** The steps of a path; `null` where it is none. */
export function pathSteps(path: string): readonly (string | number)[] | null {
  const steps: (string | number)[] = [];
  const part = /(?:^|\.)([^.[\]]+)|\[(\d{1,6})\]/y;
  while (part.lastIndex < path.length) {
    const match = part.exec(path);
    if (match === null) return null;
    steps.push(match[1] ?? Number(match[2]));
  }
  return steps.length === 0 ? null : steps;
}

/** One in words, for a finding: `octets 0 to 3 of the last frame`. */
export function sequenceWords({ frame, type, path }: Sequence): string {
  const where = frame === -1 ? "the last frame" : `frame ${frame}`;
  return type === "json" ? `${path ?? ""} in ${where}` : `the number in ${where}`;
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= from && value <= to;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_TEXT;
}

import { type CallBody, MAX_RETRIES, MAX_TIMEOUT_MS, MIN_TIMEOUT_MS } from "../calls.ts";
import { DIALECTS, type DialectInfo, type DialectName } from "../dialects.ts";
import { isProblem, parseEndpoint, withoutUser } from "../endpoint.ts";
import { suggest } from "../filter/suggest.ts";
import { fromHex } from "../frameText.ts";
import { readCurveKey } from "../keys/curveKey.ts";
import { keyNameProblem } from "../keys/keyName.ts";
import { CALL_SOCKETS, type CallSocket } from "../model.ts";
import type { Entry, Range } from "./document.ts";
import { type Expectation, readExpectation } from "./expectation.ts";
import { readJson } from "./json.ts";
import { CALL_KEYS, type CallKeyName, callKey } from "./keys.ts";
import { type Path, readPath } from "./path.ts";
import { expandText, type Lookup, VARIABLE_NAME, variableUses } from "./variables.ts";

/** What a call waits for its reply that says nothing. */
export const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_FRAMES = 1_000;
const MAX_EXPECTATIONS = 200;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000 };
const encoder = new TextEncoder();

/** What is wrong in a call file, and what may have been meant. */
export type Problem = {
  readonly range: Range;
  /** Whole sentences. */
  readonly message: string;
  /** What to write there instead; `null` where nothing is near. */
  readonly suggestion: string | null;
};

export type CallPlace =
  { readonly kind: "endpoint"; readonly endpoint: string } | { readonly kind: "tap"; readonly name: string };

/** Keys that an endpoint is shown, by name. */
export type CallKeys = { readonly serverKey?: string; readonly clientPair?: string; readonly plain?: string };

type Save = { readonly name: string; readonly path: Path; readonly range: Range };

/** A call with its variables filled in: all that is needed to send it. */
export type ReadyCall = {
  readonly target: CallPlace;
  readonly body: CallBody;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly keys: CallKeys;
  readonly expectations: readonly Expectation[];
  readonly saves: readonly Save[];
};

export type CallRead = {
  /** `null` where something is wrong, or only a reply will bring it. */
  readonly call: ReadyCall | null;
  readonly problems: readonly Problem[];
};

type Known = {
  readonly lookup: Lookup;
  /** What the dialects take; `null` while that is not known, which leaves them unchecked. */
  readonly dialects: readonly DialectInfo[] | null;
  /** Where it goes in place of its target. */
  readonly to?: CallPlace | undefined;
};

/**
 * Reads the entries of a call, those of `defaults` standing in for what it leaves out. `at` is where to say that something
 * is missing. Never throws.
 */
export function readCall(own: readonly Entry[], defaults: readonly Entry[], at: Range, known: Known): CallRead {
  const reader = new CallReader(own, defaults, at, known);
  return { call: reader.read(), problems: reader.problems };
}

/** Reads entries that stand in `defaults`, for what is wrong with them alone. */
export function readDefaults(entries: readonly Entry[], known: Known): readonly Problem[] {
  const reader = new CallReader([], entries, { from: 0, to: 0 }, known);
  reader.readShared();
  return reader.problems;
}

class CallReader {
  readonly problems: Problem[] = [];
  readonly #known: Known;
  readonly #at: Range;
  readonly #entries = new Map<string, readonly Entry[]>();
  #isOpen = false;

  constructor(own: readonly Entry[], defaults: readonly Entry[], at: Range, known: Known) {
    this.#known = known;
    this.#at = at;
    // Frames stand for themselves, whatever dialect the other calls have.
    const isFrames = own.some(({ key }) => key === "frame");
    this.#take(isFrames ? defaults.filter(({ key }) => key !== "dialect" && key !== "fields") : defaults, true);
    this.#take(own, false);
  }

  read(): ReadyCall | null {
    const target = this.#target();
    if (target === null && !this.#entries.has("target"))
      this.#add(this.#at, "The call has no target. Add a line such as target: tcp://127.0.0.1:5556.");
    const body = this.#body();
    const timeoutMs = this.#timeout();
    const retries = this.#retries();
    const keys = this.#keys();
    const expectations = this.#expectations();
    const saves = this.#saves();
    if (this.problems.length > 0 || this.#isOpen || target === null || body === null) return null;
    return { target, body, timeoutMs, retries, keys, expectations, saves };
  }

  readShared(): void {
    this.#target();
    this.#dialect();
    this.#socket();
    this.#json("fields");
    this.#timeout();
    this.#retries();
    this.#keys();
  }

  #take(entries: readonly Entry[], isDefault: boolean): void {
    const allowed = CALL_KEYS.filter(({ isShared }) => isShared || !isDefault).map(({ name }) => name as string);
    const taken = new Set<string>();
    for (const entry of entries) {
      const { key: name, keyRange } = entry;
      const key = callKey(name);
      if (!allowed.includes(name)) {
        const where = isDefault ? "defaults" : "a call";
        const why =
          key === undefined ? `There is no "${name}" in ${where}.` : `"${name}" belongs in a call, not in defaults.`;
        this.#add(keyRange, `${why} There can be ${allowed.join(", ")}.`, suggest(name, allowed));
        continue;
      }
      if (taken.has(name) && key?.canRepeat !== true) {
        this.#add(keyRange, `"${name}" stands twice here. Leave one of them.`);
        continue;
      }
      const others = taken.has(name) ? this.#entries.get(name)! : [];
      taken.add(name);
      this.#entries.set(name, [...others, entry]);
    }
  }

  #one(key: CallKeyName): Entry | undefined {
    return this.#entries.get(key)?.[0];
  }

  /** The text of an entry with its variables filled in; `null` where there is none, or it cannot be had. */
  #text(key: CallKeyName): { readonly text: string; readonly entry: Entry } | null {
    const entry = this.#one(key);
    return entry === undefined ? null : this.#expand(entry, entry.value, entry.valueRange.from);
  }

  #expand(entry: Entry, written: string, from: number): { readonly text: string; readonly entry: Entry } | null {
    const expanded = expandText(written, this.#known.lookup);
    if (expanded.kind === "problem") {
      this.#add({ from: from + expanded.range.from, to: from + expanded.range.to }, expanded.problem);
      return null;
    }
    if (expanded.kind === "open") {
      this.#isOpen = true;
      return null;
    }
    const text = expanded.text.trim();
    if (text !== "") return { text, entry };
    this.#add(
      entry.keyRange,
      `"${entry.key}" is empty. Write for example ${entry.key}: ${callKey(entry.key)!.example}.`,
    );
    return null;
  }

  #target(): CallPlace | null {
    if (this.#known.to !== undefined) return this.#known.to;
    const read = this.#text("target");
    if (read === null) return null;
    const { text, entry } = read;
    const tap = /^tap(?:\s+(.*))?$/s.exec(text);
    if (tap !== null) {
      const name = tap[1]?.trim() ?? "";
      if (name !== "") return { kind: "tap", name };
      this.#add(entry.valueRange, "The name of the tap is missing. Write for example target: tap backend.");
      return null;
    }
    const endpoint = parseEndpoint(text, "server");
    if (!isProblem(endpoint)) return { kind: "endpoint", endpoint: text };
    const what = isKey(text) ? "A key" : `"${withoutUser(text).slice(0, 80)}"`;
    this.#add(entry.valueRange, `${what} is no target: ${endpoint.problem} Or write tap and the name of one.`);
    return null;
  }

  #dialect(): DialectName | null | undefined {
    const read = this.#text("dialect");
    if (read === null) return this.#entries.has("dialect") ? null : undefined;
    return this.#word(read, DIALECTS, "dialect");
  }

  #socket(): CallSocket | null | undefined {
    const read = this.#text("socket");
    if (read === null) return this.#entries.has("socket") ? null : undefined;
    return this.#word(read, CALL_SOCKETS, "socket");
  }

  #word<T extends string>(
    { text, entry }: { readonly text: string; readonly entry: Entry },
    words: readonly T[],
    what: string,
  ): T | null {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    const shown = isKey(text) ? "A key" : `"${text.slice(0, 40)}"`;
    this.#add(entry.valueRange, `${shown} is no ${what}. There are ${words.join(", ")}.`, suggest(text, words));
    return null;
  }

  #body(): CallBody | null {
    const dialect = this.#dialect();
    const socket = this.#socket();
    const frames = this.#entries.get("frame") ?? [];
    if (frames.length > 0) return this.#frames(frames, dialect, socket);
    const method = this.#method();
    const args = this.#json("args");
    const kwargs = this.#json("kwargs");
    const fields = this.#json("fields");
    if (dialect === null || socket === null) return null;
    if (dialect === undefined || (dialect === "raw" && !this.#entries.has("method"))) {
      const what = dialect === undefined ? "The call has neither a dialect nor frames" : "The call has no frames";
      this.#add(this.#at, `${what}. Add a line such as dialect: json-rpc, or frame: "hello".`);
      return null;
    }
    const info = this.#known.dialects?.find(({ name }) => name === dialect);
    if (info !== undefined) this.#checkAgainst(info, fields);
    if (method === null) return null;
    const call = {
      method,
      args: (args ?? []) as readonly unknown[],
      kwargs: (kwargs ?? {}) as Readonly<Record<string, unknown>>,
      fields: (fields ?? {}) as Readonly<Record<string, unknown>>,
    };
    return { kind: "dialect", dialect, call, ...(socket === undefined ? {} : { socket }) };
  }

  #method(): string | null {
    const entry = this.#one("method");
    if (entry === undefined) return "";
    // In quotes where spaces around it count, or where it begins with a quote.
    if (entry.value.startsWith('"')) {
      const value = this.#readJson(entry, entry.value, entry.valueRange.from);
      if (typeof value === "string" || value === undefined) return value ?? null;
    }
    return this.#expand(entry, entry.value, entry.valueRange.from)?.text ?? null;
  }

  #checkAgainst(info: DialectInfo, fields: unknown): void {
    const { title } = info;
    if (!info.canCall)
      this.#add(this.#one("dialect")!.valueRange, `${title} cannot be called: it is only read in the log.`);
    const place = this.#one("method");
    if (place === undefined && info.canCall)
      this.#add(this.#at, "The call has no method. Add a line such as method: add.");
    if (!info.takesArgs) this.#notTaken("args", title);
    if (!info.takesKwargs) this.#notTaken("kwargs", title);
    if (typeof fields !== "object" || fields === null) return;
    const entry = this.#one("fields")!;
    for (const [name, value] of Object.entries(fields)) {
      const field = info.fields.find((one) => one.name === name);
      const range = rangeOf(entry, JSON.stringify(name));
      if (field === undefined) {
        const names = info.fields.map((one) => one.name);
        const some = names.length === 0 ? "It has none." : `It has ${names.join(", ")}.`;
        this.#add(range, `${title} has no field "${name.slice(0, 40)}". ${some}`, quoted(suggest(name, names)));
      } else if (field.kind === "choice" && field.choices?.some((choice) => choice === value) !== true) {
        this.#add(range, `"${name}" is one of ${(field.choices ?? []).join(", ")}.`);
      } else if (field.kind === "boolean" && typeof value !== "boolean") {
        this.#add(range, `"${name}" is true or false.`);
      } else if (field.kind === "text" && typeof value !== "string") {
        this.#add(range, `"${name}" is a text, in quotes.`);
      } else if (field.kind === "secret" && !isFromEnvironment(entry.value, name)) {
        this.#add(
          range,
          `"${name}" is secret, and others read this file. Write "{{$NAME}}" for an environment variable.`,
        );
      }
    }
  }

  #notTaken(key: "args" | "kwargs", title: string): void {
    const entry = this.#one(key);
    if (entry !== undefined) this.#add(entry.keyRange, `${title} has no ${key}. Leave this line out.`);
  }

  #frames(
    entries: readonly Entry[],
    dialect: DialectName | null | undefined,
    socket: CallSocket | null | undefined,
  ): CallBody | null {
    if (dialect !== undefined && dialect !== "raw") {
      this.#add(
        entries[0]!.keyRange,
        "A call has frames or a dialect, not both. Leave one of them out, or write dialect: raw.",
      );
    }
    for (const key of ["method", "args", "kwargs"] as const) {
      const entry = this.#one(key);
      if (entry !== undefined) this.#add(entry.keyRange, `A call of frames has no "${key}". Leave this line out.`);
    }
    if (entries.length > MAX_FRAMES)
      this.#add(entries[MAX_FRAMES]!.keyRange, `A call has at most ${MAX_FRAMES} frames.`);
    const frames = entries.slice(0, MAX_FRAMES).map((entry) => this.#frame(entry));
    if (socket === null || frames.some((frame) => frame === null)) return null;
    return { kind: "frames", socket: socket ?? "REQ", frames: frames.filter((frame) => frame !== null) };
  }

  #frame(entry: Entry): Uint8Array | null {
    const { value, valueRange } = entry;
    const [word = ""] = /^(?:hex|json)(?=\s|$)/.exec(value) ?? [];
    const rest = value.slice(word.length);
    const from = valueRange.from + word.length;
    if (word === "hex") {
      const bytes = expandText(rest, this.#known.lookup);
      if (bytes.kind === "open") this.#isOpen = true;
      const read = bytes.kind === "text" ? fromHex(bytes.text) : bytes.kind === "open" ? null : bytes.problem;
      if (typeof read !== "string") return read;
      this.#add(valueRange, read);
      return null;
    }
    if (word === "json") {
      const read = this.#readJson(entry, rest, from);
      return read === undefined ? null : encoder.encode(JSON.stringify(read));
    }
    if (value.startsWith('"')) {
      const text = this.#readJson(entry, value, from);
      if (text === undefined) return null;
      if (typeof text === "string") return encoder.encode(text);
    }
    this.#add(value === "" ? entry.keyRange : valueRange, 'A frame is "text" in quotes, hex 00 ff, or json {"a": 1}.');
    return null;
  }

  #json(key: "args" | "kwargs" | "fields"): unknown {
    const entry = this.#one(key);
    if (entry === undefined) return undefined;
    const value = this.#readJson(entry, entry.value, entry.valueRange.from);
    if (value === undefined) return undefined;
    const isRight =
      key === "args" ? Array.isArray(value) : typeof value === "object" && value !== null && !Array.isArray(value);
    if (isRight) return value;
    const what = key === "args" ? "a list, such as [1, 2]" : 'an object, such as {"a": 1}';
    this.#add(entry.valueRange, `"${key}" is ${what}.`);
    return undefined;
  }

  /** The value, or `undefined` where there is none to be had. */
  #readJson(entry: Entry, text: string, from: number): unknown {
    if (text.trim() === "") {
      this.#add(
        entry.keyRange,
        `"${entry.key}" is empty. Write for example ${entry.key}: ${callKey(entry.key)!.example}.`,
      );
      return undefined;
    }
    const read = readJson(text, this.#known.lookup);
    if (read.kind === "value") return read.value;
    if (read.kind === "open") this.#isOpen = true;
    else this.#add(within(entry, { from: from + read.range.from, to: from + read.range.to }), read.problem);
    return undefined;
  }

  #timeout(): number {
    const read = this.#text("timeout");
    if (read === null) return DEFAULT_TIMEOUT_MS;
    const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|min)$/.exec(read.text);
    const timeoutMs = match === null ? NaN : Number(match[1]) * UNITS_MS[match[2]!]!;
    if (timeoutMs >= MIN_TIMEOUT_MS && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs;
    this.#add(read.entry.valueRange, "A timeout is a number with its unit, from 1ms to 60min, such as 2s.");
    return DEFAULT_TIMEOUT_MS;
  }

  #retries(): number {
    const read = this.#text("retries");
    if (read === null) return 0;
    const retries = /^\d{1,3}$/.test(read.text) ? Number(read.text) : NaN;
    if (retries <= MAX_RETRIES) return retries;
    this.#add(read.entry.valueRange, `retries is a whole number from 0 to ${MAX_RETRIES}.`);
    return 0;
  }

  #keys(): CallKeys {
    const keys: { serverKey?: string; clientPair?: string; plain?: string } = {};
    for (const key of ["serverKey", "clientPair", "plain"] as const) {
      const read = this.#text(key);
      if (read === null) continue;
      const problem = isKey(read.text)
        ? "This is a key itself, and others read this file. If it is secret, make a new one; write the name of the key here."
        : keyNameProblem(read.text);
      if (problem === undefined) keys[key] = read.text;
      else this.#add(read.entry.valueRange, problem);
    }
    if (keys.clientPair !== undefined && !this.#entries.has("serverKey")) {
      this.#add(this.#one("clientPair")!.keyRange, "clientPair needs serverKey, the key of the CURVE server.");
    }
    if (keys.plain !== undefined && keys.serverKey !== undefined) {
      this.#add(
        this.#one("plain")!.keyRange,
        "A server speaks PLAIN or CURVE, not both. Leave plain or serverKey out.",
      );
    }
    return keys;
  }

  #expectations(): Expectation[] {
    const entries = this.#entries.get("expect") ?? [];
    if (entries.length > MAX_EXPECTATIONS) {
      this.#add(entries[MAX_EXPECTATIONS]!.keyRange, `A call has at most ${MAX_EXPECTATIONS} expectations.`);
    }
    const expectations: Expectation[] = [];
    for (const entry of entries.slice(0, MAX_EXPECTATIONS)) {
      const read = readExpectation(entry.value, this.#known.lookup);
      if (read.kind === "expectation") expectations.push(read.expectation);
      else if (read.kind === "open") this.#isOpen = true;
      else {
        const { from } = entry.valueRange;
        const range = within(entry, { from: from + read.range.from, to: from + read.range.to });
        const written = entry.value.slice(read.range.from, read.range.to).trim();
        this.#add(range, read.problem, read.names === undefined ? null : suggest(written, read.names));
      }
    }
    return expectations;
  }

  #saves(): Save[] {
    return (this.#entries.get("save") ?? []).flatMap((entry) => {
      const match = /^([^\s=]+)\s*=\s*(.*)$/s.exec(entry.value);
      const read = match === null ? null : readPath(match[2]!);
      const range = entry.value === "" ? entry.keyRange : entry.valueRange;
      if (match === null || read?.path.root !== "value" || read.rest.trim() !== "") {
        this.#add(range, "A value is saved as name = value and its path, such as token = value.token.");
        return [];
      }
      if (VARIABLE_NAME.test(match[1]!)) return [{ name: match[1]!, path: read.path, range }];
      this.#add(range, "A name of a variable has letters, digits, _ and -, and begins with a letter.");
      return [];
    });
  }

  #add(range: Range, message: string, suggestion: string | null = null): void {
    this.problems.push({ range, message, suggestion });
  }
}

function isKey(text: string): boolean {
  return readCurveKey(text) !== null;
}

/** A range that something can be seen of, within the line of an entry at least. */
function within(entry: Entry, { from, to }: Range): Range {
  if (to > from) return { from, to };
  return entry.value === "" ? entry.keyRange : { from: Math.max(entry.valueRange.from, from - 1), to: from };
}

/** Where a piece of an entry's value stands; all of the value where it is not found. */
function rangeOf({ value, valueRange }: Entry, piece: string): Range {
  const at = value.indexOf(piece);
  return at < 0 ? valueRange : { from: valueRange.from + at, to: valueRange.from + at + piece.length };
}

function quoted(text: string | null): string | null {
  return text === null ? null : JSON.stringify(text);
}

/** Whether the member of that name is written as an environment variable, and nothing else. */
function isFromEnvironment(json: string, name: string): boolean {
  const at = json.indexOf(JSON.stringify(name));
  if (at < 0) return false;
  const rest = json.slice(at + JSON.stringify(name).length);
  const [use] = variableUses(rest.slice(0, 200));
  return use?.name.startsWith("$") === true && /^\s*:\s*"?$/.test(rest.slice(0, use.range.from));
}

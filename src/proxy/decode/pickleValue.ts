import { special, type ExactNumber } from "./jsonText.ts";
import { narrow } from "./scalarReader.ts";
import type { PickleStep } from "./pickleOps.ts";
import { utf8Text } from "./text.ts";

/** Longer integers stay digits or octets: reading them takes time that grows with the square of their length. */
const MAX_INTEGER_BYTES = 1024;
const MAX_DIGITS = 2500;
/** Names of globals that are told of. */
const MAX_NAMES = 50;

const MARK = Symbol("mark");

/**
 * What a pickle says, put together from its steps without running any of them. Plain data comes out as it is. Whatever
 * would import or call something comes out as its description: `{"$global":"os.system"}`,
 * `{"$call":{"$global":…},"with":[…]}`, `{"$persistent":…}`.
 */
export class PickleMachine {
  /** Globals that loading it would import, as `module.name`, in order. */
  readonly imports = new Set<string>();
  /** Whether loading it would call something. */
  calls = false;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #isBroken = false;

  /** The value when STOP was taken; undefined when the steps made no sense. */
  get value(): { readonly value: unknown } | undefined {
    return this.#isBroken || this.#stack.length !== 1 || this.#stack[0] === MARK
      ? undefined
      : { value: this.#stack[0] };
  }

  /** Takes the next step. After one that made no sense, only what would be imported is told of further ones. */
  take(step: PickleStep): void {
    if (!this.#isBroken) this.#take(step);
    else if (Array.isArray(step.argument)) this.#note(step.argument.join("."));
  }

  #take({ name, argument }: PickleStep): void {
    switch (name) {
      case "PROTO":
      case "FRAME":
      case "STOP":
      case "READONLY_BUFFER":
        break;
      case "INT":
        this.#push(argument === "01" ? true : argument === "00" ? false : integerOf(String(argument)));
        break;
      case "LONG":
        this.#push(integerOf(String(argument).replace(/L$/, "")));
        break;
      case "LONG1":
      case "LONG4":
        this.#push(signedOf(argument as Uint8Array));
        break;
      case "BININT":
      case "BININT1":
      case "BININT2":
      case "BINFLOAT":
      case "SHORT_BINUNICODE":
      case "BINUNICODE":
      case "BINUNICODE8":
      case "BINBYTES":
      case "SHORT_BINBYTES":
      case "BINBYTES8":
      case "BYTEARRAY8":
        this.#push(argument);
        break;
      case "FLOAT":
        this.#push(Number(argument));
        break;
      case "STRING":
        this.#push(unescaped(unquoted(String(argument))));
        break;
      case "UNICODE":
        this.#push(unescaped(String(argument)));
        break;
      case "BINSTRING":
      case "SHORT_BINSTRING":
        this.#push(utf8Text(argument as Uint8Array) ?? argument);
        break;
      case "NONE":
        this.#push(null);
        break;
      case "NEWTRUE":
        this.#push(true);
        break;
      case "NEWFALSE":
        this.#push(false);
        break;
      case "EMPTY_LIST":
      case "EMPTY_TUPLE":
        this.#push([]);
        break;
      case "EMPTY_SET":
        this.#push({ $set: [] });
        break;
      case "EMPTY_DICT":
        this.#push(dictOf([]));
        break;
      case "MARK":
        this.#push(MARK);
        break;
      case "LIST":
      case "TUPLE":
        this.#push(this.#popToMark());
        break;
      case "FROZENSET":
        this.#push({ $set: this.#popToMark() });
        break;
      case "TUPLE1":
      case "TUPLE2":
      case "TUPLE3":
        this.#push(this.#popSome(Number(name.at(-1))));
        break;
      case "DICT":
        this.#push(dictOf(pairsOf(this.#popToMark())));
        break;
      case "APPEND":
        this.#append([this.#pop()]);
        break;
      case "APPENDS":
      case "ADDITEMS":
        this.#append(this.#popToMark());
        break;
      case "SETITEM":
        this.#setItems(this.#popSome(2));
        break;
      case "SETITEMS":
        this.#setItems(this.#popToMark());
        break;
      case "POP":
        if (this.#stack.pop() === undefined) this.#break();
        break;
      case "POP_MARK":
        this.#popToMark();
        break;
      case "DUP":
        this.#push(this.#top());
        break;
      case "GET":
      case "BINGET":
      case "LONG_BINGET":
        this.#recall(Number(argument));
        break;
      case "PUT":
      case "BINPUT":
      case "LONG_BINPUT":
        this.#memo.set(Number(argument), this.#top());
        break;
      case "MEMOIZE":
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case "GLOBAL":
        this.#global(...(argument as readonly [string, string]));
        break;
      case "STACK_GLOBAL": {
        const [module, global] = this.#popSome(2);
        this.#global(wordOf(module), wordOf(global));
        break;
      }
      case "EXT1":
      case "EXT2":
      case "EXT4":
        this.#imported(`extension code ${String(argument)} of copyreg`);
        break;
      case "REDUCE":
      case "NEWOBJ": {
        const [callee, args] = this.#popSome(2);
        this.#call(callee, args);
        break;
      }
      case "NEWOBJ_EX": {
        const [callee, args, kwargs] = this.#popSome(3);
        this.#call(callee, [args, kwargs]);
        break;
      }
      case "INST": {
        const args = this.#popToMark();
        this.#global(...(argument as readonly [string, string]));
        this.#call(this.#pop(), args);
        break;
      }
      case "OBJ": {
        const [callee, ...args] = this.#popToMark();
        this.#call(callee, args);
        break;
      }
      case "BUILD": {
        const [object, state] = this.#popSome(2);
        this.calls = true;
        this.#push({ $object: object, state });
        break;
      }
      case "PERSID":
        this.#push({ $persistent: argument });
        break;
      case "BINPERSID":
        this.#push({ $persistent: this.#pop() });
        break;
      case "NEXT_BUFFER":
        this.#push({ $buffer: "sent beside the pickle" });
        break;
    }
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #pop(): unknown {
    const top = this.#top();
    if (!this.#isBroken) this.#stack.pop();
    return top;
  }

  #popSome(count: number): unknown[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) {
      this.#break();
      return [];
    }
    const items = this.#stack.splice(mark);
    items.shift();
    return items;
  }

  #top(): unknown {
    const top = this.#stack.at(-1);
    if (this.#stack.length > 0 && top !== MARK) return top;
    this.#break();
    return undefined;
  }

  #recall(key: number): void {
    if (!this.#memo.has(key)) this.#break();
    this.#push(this.#memo.get(key));
  }

  #append(items: readonly unknown[]): void {
    const target = this.#top();
    // Objects take items by methods of their own; these are listed beside.
    const list = isSet(target) ? target.$set : isCall(target) ? (target.items ??= []) : target;
    if (Array.isArray(list)) for (const item of items) list.push(item);
    else this.#break();
  }

  #setItems(items: readonly unknown[]): void {
    const target = this.#top();
    const pairs = pairsOf(items);
    if (isDict(target)) for (const pair of pairs) target.mapEntries.push(pair);
    else if (isCall(target)) (target.items ??= []).push(dictOf(pairs));
    else this.#break();
  }

  #global(module: string, name: string): void {
    this.#imported(`${module}.${name}`);
  }

  #imported(name: string): void {
    this.#note(name);
    this.#push({ $global: name });
  }

  #note(name: string): void {
    if (this.imports.size < MAX_NAMES) this.imports.add(name);
  }

  #call(callee: unknown, args: unknown): void {
    this.calls = true;
    this.#push({ $call: callee, with: args });
  }

  #break(): void {
    this.#isBroken = true;
  }
}

type Dict = { readonly mapEntries: [unknown, unknown][] };

function dictOf(mapEntries: [unknown, unknown][]): Dict {
  return special({ mapEntries });
}

function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null && "mapEntries" in value;
}

function isSet(value: unknown): value is { readonly $set: unknown[] } {
  return typeof value === "object" && value !== null && "$set" in value;
}

function isCall(value: unknown): value is { items?: unknown[] } {
  return typeof value === "object" && value !== null && ("$call" in value || "$object" in value);
}

function pairsOf(items: readonly unknown[]): [unknown, unknown][] {
  const pairs: [unknown, unknown][] = [];
  for (let at = 0; at + 1 < items.length; at += 2) pairs.push([items[at], items[at + 1]]);
  return pairs;
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "?";
}

function integerOf(digits: string): number | bigint | ExactNumber | string {
  if (!/^-?\d+$/.test(digits)) return digits;
  return digits.length > MAX_DIGITS ? special({ digits }) : narrow(BigInt(digits));
}

/** Two's complement, the lowest octet first. */
function signedOf(octets: Uint8Array): number | bigint | Uint8Array {
  if (octets.length > MAX_INTEGER_BYTES) return octets;
  const magnitude = octets.reduceRight((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return narrow(BigInt.asIntN(8 * octets.length, magnitude));
}

function unquoted(text: string): string {
  const isQuoted = text.length >= 2 && (text.startsWith("'") || text.startsWith('"')) && text.at(-1) === text[0];
  return isQuoted ? text.slice(1, -1) : text;
}

const LETTERS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"' };

/** Python's escapes of text. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([ntr\\'"]))/g,
    (all, x?: string, u?: string, long?: string, letter?: string) => {
      if (letter !== undefined) return LETTERS[letter] ?? all;
      const point = Number.parseInt(x ?? u ?? long ?? "", 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : all;
    },
  );
}

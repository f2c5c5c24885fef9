import type { Filter, Operand, Test, Value } from "../../shared/filter/ast.ts";
import type { FieldName } from "../../shared/filter/fields.ts";
import { readOctets } from "../../shared/filter/values.ts";
import { addressTest } from "./addressTest.ts";
import { numberTest, timeTest } from "./numberTest.ts";
import { MISSING } from "./octetTest.ts";
import { EXCHANGES, KINDS, ORIGINS, type Subject } from "./subject.ts";
import {
  bytesFrameTest,
  COST,
  countPoints,
  DecodedPaths,
  type FrameTest,
  type Position,
  textFrameTest,
  verdict,
} from "./valueTest.ts";
import type { Verdict } from "./verdict.ts";

export type CompiledFilter = {
  /** 1: passes, 0: does not, -1: unknown, since a regular expression went over its budget. */
  readonly matches: (subject: Subject) => Verdict;
  /** False when the index of rows is enough to judge. */
  readonly needsBytes: boolean;
  /** Octets that one frame of every row that passes has in it, one after the other; `null` when none are known. */
  readonly needle: Uint8Array | null;
};

type Run = (subject: Subject) => Verdict;
type Plan = {
  readonly run: Run;
  /** What comes first where an answer of one is enough; only the order counts. */
  readonly cost: number;
  readonly needsBytes: boolean;
  readonly needle: Uint8Array | null;
};

/** Texts of which a verdict is remembered, per test. */
const MAX_REMEMBERED = 1000;
const MAX_REMEMBERED_CHARS = 1000;
/** Names of event rows that are commands of the wire. */
const COMMANDS: Record<string, string> = {
  ping: "PING",
  pong: "PONG",
  subscribe: "SUBSCRIBE",
  unsubscribe: "CANCEL",
  "error-command": "ERROR",
};
const KNOWN_COMMANDS: readonly string[] = Object.values(COMMANDS);

/**
 * Turns a filter into functions over rows. It may be asked about any row, in any order, and keeps nothing of a row but what
 * that row's tests share; one compiled filter serves one reader at a time.
 */
export function compileFilter(filter: Filter): CompiledFilter {
  const position: Position = { row: 0, frame: 0 };
  const { run, needsBytes, needle } = new Planner(position).plan(filter);
  return {
    matches: (subject) => {
      position.row++;
      return run(subject);
    },
    needsBytes,
    needle,
  };
}

class Planner {
  readonly #position: Position;
  readonly #decoded: DecodedPaths;

  constructor(position: Position) {
    this.#position = position;
    this.#decoded = new DecodedPaths(position);
  }

  plan(filter: Filter): Plan {
    switch (filter.kind) {
      case "all":
        return indexPlan(() => 1);
      case "not": {
        const of = this.plan(filter.of);
        return { ...of, run: negated(of.run), needle: null };
      }
      case "and":
      case "or": {
        const of = filter.of.map((part) => this.plan(part)).sort((left, right) => left.cost - right.cost);
        const runs = of.map((part) => part.run);
        return {
          run: filter.kind === "and" ? allOf(runs) : anyOf(runs),
          cost: of.at(-1)!.cost,
          needsBytes: of.some((part) => part.needsBytes),
          needle: filter.kind === "and" ? longest(of) : null,
        };
      }
      case "search":
        return searchPlan(filter.text);
      case "test":
        return this.#test(filter.operand, filter.test);
    }
  }

  #test(operand: Operand, test: Test): Plan {
    const { field } = operand;
    switch (field) {
      case "frame":
      case "body":
      case "text":
      case "json":
      case "msgpack":
        return this.#frames(operand, test);
      case "topic":
        return this.#topic(operand, test);
      case "dir":
      case "kind":
      case "origin":
      case "exchange":
        return operand.func === "count" ? presence(CODES[field], test) : codePlan(field, test);
      case "pending":
      case "guessed":
      case "marked":
      case "decrypted":
        return operand.func === "count" ? numberPlan(() => 1, test) : flagPlan(FLAGS[field], test);
      case "conn":
      case "frames":
      case "size":
      case "copies":
      case "latency":
      case "age":
      case "n":
        return operand.func === "count" ? numberPlan(counting(NUMBERS[field]), test) : numberPlan(NUMBERS[field], test);
      case "time":
        return operand.func === "count" ? numberPlan(() => 1, test) : timePlan(test);
      default:
        return textPlan(TEXTS[field], operand, test);
    }
  }

  #frames(operand: Operand, test: Test): Plan {
    const asked: Test = operand.func === "count" ? { op: "exists" } : test;
    const frameTest =
      operand.field === "text"
        ? textFrameTest(operand, asked)
        : operand.field === "json" || operand.field === "msgpack"
          ? this.#decoded.test(operand, asked)
          : bytesFrameTest(operand, asked);
    const index = operand.field === "frame" ? operand.path[0] : undefined;
    const rest = { cost: frameTest.cost, needsBytes: true };
    if (operand.func === "count") {
      return { run: this.#counting(frameTest, index, test), ...rest, needle: null };
    }
    const { needle } = frameTest;
    if (typeof index === "number") return { run: oneFrame(frameTest, index), ...rest, needle };
    return { run: operand.func === "all" ? this.#every(frameTest) : this.#some(frameTest), ...rest, needle };
  }

  #some({ run }: FrameTest): Run {
    const position = this.#position;
    return (subject) => {
      const { frames } = subject;
      let isUnknown = false;
      for (let index = 0; index < frames; index++) {
        const bytes = subject.frame(index);
        if (bytes === null) continue;
        position.frame = index;
        const one = run(bytes);
        if (one === 1) return 1;
        if (one === -1) isUnknown = true;
      }
      return isUnknown ? -1 : 0;
    };
  }

  #every({ run }: FrameTest): Run {
    const position = this.#position;
    return (subject) => {
      const { frames } = subject;
      let isUnknown = false;
      let values = 0;
      for (let index = 0; index < frames; index++) {
        const bytes = subject.frame(index);
        if (bytes === null) continue;
        position.frame = index;
        const one = run(bytes);
        if (one === 0) return 0;
        if (one !== MISSING) values++;
        if (one === -1) isUnknown = true;
      }
      if (values === 0) return 0;
      return isUnknown ? -1 : 1;
    };
  }

  #counting({ run }: FrameTest, only: string | number | undefined, test: Test): Run {
    const position = this.#position;
    const judge = numberTest(test);
    return (subject) => {
      const start = typeof only === "number" ? only : 0;
      const end = typeof only === "number" ? only + 1 : subject.frames;
      let values = 0;
      for (let index = start; index < end; index++) {
        const bytes = subject.frame(index);
        position.frame = index;
        if (bytes !== null && run(bytes) !== MISSING) values++;
      }
      return verdict(judge(values));
    };
  }

  #topic(operand: Operand, test: Test): Plan {
    const asked: Test = operand.func === "count" ? { op: "exists" } : test;
    const { run, cost } = bytesFrameTest(operand, asked);
    const judge = numberTest(test);
    const isCount = operand.func === "count";
    return {
      run: (subject) => {
        const topic = topicOf(subject);
        if (isCount) return verdict(judge(topic === null ? 0 : 1));
        return topic === null ? 0 : known(run(topic));
      },
      cost: cost === COST.regex ? COST.octets : COST.topic,
      needsBytes: true,
      // A subscription's topic stands in a command, not in a frame of the row.
      needle: null,
    };
  }
}

function oneFrame({ run }: FrameTest, index: number): Run {
  return (subject) => {
    const bytes = subject.frame(index);
    return bytes === null ? 0 : known(run(bytes));
  };
}

/** Subscriptions have the words of their row where the row has no octets. */
function topicOf(subject: Subject): Uint8Array | null {
  const topic = subject.topic();
  if (topic !== null) return topic;
  const isSubscription = subject.event === "subscribe" || subject.event === "unsubscribe";
  return isSubscription ? Buffer.from(subject.topicText()) : null;
}

function known(value: Verdict | typeof MISSING): Verdict {
  return value === MISSING ? 0 : value;
}

// Joining

function negated(run: Run): Run {
  return (subject) => {
    const value = run(subject);
    return value < 0 ? value : value === 1 ? 0 : 1;
  };
}

function allOf(runs: readonly Run[]): Run {
  // Without a loop, since most filters have two parts and it is asked of every row.
  const [first, second] = runs;
  if (runs.length === 2) {
    return (subject) => {
      const one = first!(subject);
      if (one === 0) return 0;
      const two = second!(subject);
      return two === 1 ? one : two;
    };
  }
  return (subject) => {
    let value: Verdict = 1;
    for (const run of runs) {
      const one = run(subject);
      if (one === 0) return 0;
      if (one < 0) value = one;
    }
    return value;
  };
}

function anyOf(runs: readonly Run[]): Run {
  return (subject) => {
    let value: Verdict = 0;
    for (const run of runs) {
      const one = run(subject);
      if (one === 1) return 1;
      if (one < 0) value = one;
    }
    return value;
  };
}

function longest(plans: readonly Plan[]): Uint8Array | null {
  let best: Uint8Array | null = null;
  for (const { needle } of plans) if (needle !== null && needle.length > (best?.length ?? 0)) best = needle;
  return best;
}

function indexPlan(run: Run): Plan {
  return { run, cost: COST.index, needsBytes: false, needle: null };
}

// Columns of the index

const CODES = {
  dir: (subject) => subject.direction,
  kind: (subject) => subject.kind,
  origin: (subject) => subject.origin,
  exchange: (subject) => (subject.exchange === 0 ? -1 : subject.exchange),
} as const satisfies Record<string, (subject: Subject) => number>;

const NAMES: Record<keyof typeof CODES, readonly string[]> = {
  dir: ["c2s", "s2c"],
  kind: KINDS,
  origin: ORIGINS,
  exchange: EXCHANGES,
};

/** A bit per value that passes. */
function codePlan(field: keyof typeof CODES, test: Test): Plan {
  const names = NAMES[field];
  const none = field === "exchange" ? 1 : 0;
  let mask = test.op === "exists" ? (1 << names.length) - 1 - none : 0;
  for (const value of valuesOf(test)) if (value.kind === "text") mask |= 1 << names.indexOf(value.text);
  switch (field) {
    case "dir":
      return indexPlan((subject) => (subject.direction < 0 ? 0 : bit(mask, subject.direction)));
    case "kind":
      return indexPlan((subject) => bit(mask, subject.kind));
    case "origin":
      return indexPlan((subject) => bit(mask, subject.origin));
    case "exchange":
      return indexPlan((subject) => bit(mask, subject.exchange));
  }
}

/** The values of an equality or set. */
function valuesOf(test: Test): readonly Value[] {
  if (test.op === "in") return test.ranges.map((range) => range.low);
  return test.op === "==" ? [test.value] : [];
}

function bit(mask: number, index: number): Verdict {
  return ((mask >> index) & 1) as Verdict;
}

function presence(code: (subject: Subject) => number, test: Test): Plan {
  return numberPlan((subject) => (code(subject) < 0 ? 0 : 1), test);
}

const PENDING = EXCHANGES.indexOf("pending");
const FLAGS = {
  pending: (subject) => subject.exchange === PENDING,
  guessed: (subject) => subject.guessed,
  marked: (subject) => subject.isPinned,
  decrypted: (subject) => subject.link?.isDecrypted === true && subject.kind === 0,
} as const satisfies Record<string, (subject: Subject) => boolean>;

function flagPlan(flag: (subject: Subject) => boolean, test: Test): Plan {
  const wanted = test.op !== "==" || test.value.kind !== "bool" || test.value.bool;
  return indexPlan((subject) => (flag(subject) === wanted ? 1 : 0));
}

const NUMBERS = {
  conn: (subject) => subject.link?.link ?? NaN,
  frames: (subject) => subject.frames,
  size: (subject) => subject.sizeBytes,
  copies: (subject) => subject.copies,
  latency: (subject) => (subject.latencyNs < 0 ? NaN : subject.latencyNs),
  age: (subject) => subject.nowNs - subject.timeNs,
  n: (subject) => subject.n,
} as const satisfies Record<string, (subject: Subject) => number>;

function numberPlan(read: (subject: Subject) => number, test: Test): Plan {
  // A latency of 0 is there, a size of 0 is not.
  const judge = test.op === "exists" && read === NUMBERS.latency ? (number: number) => number >= 0 : numberTest(test);
  return indexPlan((subject) => (judge(read(subject)) ? 1 : 0));
}

function counting(read: (subject: Subject) => number): (subject: Subject) => number {
  return (subject) => (Number.isNaN(read(subject)) ? 0 : 1);
}

function timePlan(test: Test): Plan {
  const judge = timeTest(test);
  return indexPlan((subject) => verdict(judge(subject.anchorMs + subject.timeNs / 1e6, subject.anchorMs)));
}

// Texts of a link or row

type Texts = {
  /** `null` where there is none. */
  readonly read: readonly ((subject: Subject) => string | null)[];
  /** Octets as text: hex behind `0x` where they are not UTF-8. */
  readonly isOctets?: boolean;
};

type TextField = Exclude<
  FieldName,
  | "frame"
  | "body"
  | "text"
  | "json"
  | "msgpack"
  | "topic"
  | "time"
  | keyof typeof CODES
  | keyof typeof FLAGS
  | keyof typeof NUMBERS
>;

const TEXTS: Record<TextField, Texts> = {
  tap: { read: [(subject) => subject.tapName] },
  event: { read: [(subject) => orNull(subject.event)] },
  cmd: { read: [commandOf] },
  comment: { read: [(subject) => orNull(subject.note)] },
  mech: { read: [(subject) => subject.link?.mechanism ?? null] },
  socket: { read: [({ link, direction }) => link && sent(direction, link.sockets)] },
  peer: {
    read: [
      ({ link, direction }) => link && sent(direction, link),
      ({ link, direction }) => link && orNull(sent(direction, link.identity)),
    ],
  },
  identity: {
    read: [({ link }) => link && orNull(link.identity.client), ({ link }) => link && orNull(link.identity.server)],
    isOctets: true,
  },
  addr: { read: [({ link }) => link?.client ?? null, ({ link }) => link?.server ?? null] },
  src: { read: [({ link, direction }) => (direction < 0 ? null : link && sent(direction, link))] },
  dst: { read: [({ link, direction }) => (direction < 0 ? null : link && sent(1 - direction, link))] },
};

/** What belongs to the sender; events of a link count as the client's. */
function sent<T>(direction: number, sides: { readonly client: T; readonly server: T }): T {
  return direction === 1 ? sides.server : sides.client;
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}

function commandOf(subject: Subject): string | null {
  if (subject.event === "") return null;
  // A command without a name of ours tells it as the topic of its row.
  return subject.event === "command" ? subject.topicText() : (COMMANDS[subject.event] ?? null);
}

function textPlan({ read, isOctets = false }: Texts, operand: Operand, test: Test): Plan {
  const { field, func } = operand;
  const isCommand = field === "cmd";
  const plan = { cost: COST.text, needsBytes: isCommand && !isKnownCommand(test), needle: null };
  if (func === "count") {
    const judge = numberTest(test);
    return { ...plan, run: (subject) => verdict(judge(read.filter((one) => one(subject) !== null).length)) };
  }
  const judge = textJudge(operand, isCommand ? withCommandNames(test) : test, isOctets);
  const [first, second] = read;
  if (second === undefined) {
    return {
      ...plan,
      run: (subject) => {
        const text = first!(subject);
        return text === null ? 0 : judge(text);
      },
    };
  }
  const isAll = func === "all";
  return {
    ...plan,
    run: (subject) => {
      const one = first!(subject);
      const other = second(subject);
      if (one === null) return other === null ? 0 : judge(other);
      if (other === null) return judge(one);
      return isAll ? both(judge(one), judge(other)) : either(judge(one), judge(other));
    },
  };
}

function textJudge(operand: Operand, test: Test, isOctets: boolean): (text: string) => Verdict {
  const { field, func } = operand;
  if (test.op === "exists") return () => 1;
  if ((field === "addr" || field === "src" || field === "dst") && (test.op === "==" || test.op === "in")) {
    const judge = addressTest(valuesOf(test));
    return remembering((text) => verdict(judge(text)));
  }
  if (!isOctets && func === null && test.op === "==" && test.value.kind === "text") {
    const wanted = test.value.text;
    return (text) => (text === wanted ? 1 : 0);
  }
  if (func === "len" && !isOctets) {
    const judge = numberTest(test);
    return remembering((text) => verdict(judge(countPoints(Buffer.from(text), 0, Buffer.byteLength(text)))));
  }
  const { run } = bytesFrameTest(operand, test);
  return remembering((text) => known(run(isOctets ? identityOctets(text) : Buffer.from(text))));
}

function identityOctets(text: string): Uint8Array {
  return readOctets({ isQuoted: !text.startsWith("0x"), text });
}

/** What a link says is the same for many rows. Short texts only, and not too many of them. */
function remembering(judge: (text: string) => Verdict): (text: string) => Verdict {
  const verdicts = new Map<string, Verdict>();
  let lastText: string | null = null;
  let last: Verdict = 0;
  return (text) => {
    if (text === lastText) return last;
    let value = verdicts.get(text);
    if (value === undefined) {
      value = judge(text);
      if (text.length > MAX_REMEMBERED_CHARS) return value;
      if (verdicts.size >= MAX_REMEMBERED) verdicts.clear();
      verdicts.set(text, value);
    }
    lastText = text;
    last = value;
    return value;
  };
}

function either(one: Verdict, other: Verdict): Verdict {
  if (one === 1 || other === 1) return 1;
  return one < 0 ? one : other;
}

function both(one: Verdict, other: Verdict): Verdict {
  if (one === 0 || other === 0) return 0;
  return one < 0 ? one : other;
}

/** UNSUBSCRIBE is CANCEL, and the names of the protocol count in any case of letters. */
function withCommandNames(test: Test): Test {
  if (test.op === "==") return { ...test, value: commandName(test.value) };
  if (test.op !== "in") return test;
  return { ...test, ranges: test.ranges.map(({ low, high }) => ({ low: commandName(low), high })) };
}

function commandName(value: Value): Value {
  if (value.kind !== "text") return value;
  const upper = value.text.toUpperCase();
  if (upper === "UNSUBSCRIBE") return { kind: "text", text: "CANCEL" };
  return KNOWN_COMMANDS.includes(upper) ? { kind: "text", text: upper } : value;
}

/** Whether a test of the command's name can be judged without the words of a row. */
function isKnownCommand(test: Test): boolean {
  const isKnown = (value: Value): boolean => value.kind === "text" && KNOWN_COMMANDS.includes(value.text);
  if (test.op === "==") return isKnown(commandName(test.value));
  return test.op === "in" && test.ranges.every(({ low, high }) => high === null && isKnown(commandName(low)));
}

function searchPlan(text: string): Plan {
  const wanted = text.toLowerCase();
  return {
    run: (subject) =>
      subject.topicText().toLowerCase().includes(wanted) || subject.preview().toLowerCase().includes(wanted) ? 1 : 0,
    cost: COST.preview,
    needsBytes: true,
    needle: null,
  };
}

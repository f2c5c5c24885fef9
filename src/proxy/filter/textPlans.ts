import type { Operand, Test, Value } from "../../shared/filter/ast.ts";
import type { FieldName } from "../../shared/filter/fields.ts";
import { readOctets } from "../../shared/filter/values.ts";
import { addressTest } from "./addressTest.ts";
import { type ColumnField, valuesOf } from "./columnPlans.ts";
import { numberTest } from "./numberTest.ts";
import { known } from "./octetTest.ts";
import type { Plan } from "./plan.ts";
import type { Subject } from "./subject.ts";
import { bytesFrameTest, COST, countPoints, verdict } from "./valueTest.ts";
import type { Verdict } from "./verdict.ts";

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

type Texts = {
  /** `null` where there is none. */
  readonly read: readonly ((subject: Subject) => string | null)[];
  /** Octets as text: hex behind `0x` where they are not UTF-8. */
  readonly isOctets?: boolean;
  /** It stands in the message, which is read for it. */
  readonly isSaid?: boolean;
};

/** A field that a link or row holds as text. */
export type TextField = Exclude<
  FieldName,
  ColumnField | "frame" | "body" | "text" | "json" | "msgpack" | "topic" | "finding"
>;

const TEXTS: Record<TextField, Texts> = {
  tap: { read: [(subject) => subject.tapName] },
  event: { read: [(subject) => orNull(subject.event)] },
  cmd: { read: [commandOf] },
  comment: { read: [(subject) => orNull(subject.note)] },
  dialect: { read: [(subject) => subject.said()?.dialect ?? null], isSaid: true },
  method: { read: [(subject) => orNull(subject.said()?.method ?? "")], isSaid: true },
  corr: { read: [(subject) => orNull(subject.said()?.id ?? "")], isSaid: true },
  // As of an exchange, "none" can be asked for, but is nothing that is there.
  status: { read: [(subject) => subject.status()], isSaid: true },
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

/** Plans a test of one or two texts. */
export function textPlan(field: TextField, operand: Operand, test: Test): Plan {
  const { read, isOctets = false, isSaid = false }: Texts = TEXTS[field];
  const { func } = operand;
  if (field === "status" && (func === "count" || test.op === "exists")) {
    const judge = numberTest(test);
    const run = (subject: Subject): Verdict => verdict(judge(subject.status() === "none" ? 0 : 1));
    return { run, cost: COST.msgpack, needsBytes: true, needle: null };
  }
  const isCommand = field === "cmd";
  const plan = {
    cost: isSaid ? COST.msgpack : COST.text,
    needsBytes: isSaid || (isCommand && !isKnownCommand(test)),
    needle: null,
  };
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

/** Plans a test of the names of a row's findings, which may be several. */
export function findingPlan(operand: Operand, test: Test): Plan {
  const plan = { cost: COST.text, needsBytes: false, needle: null };
  const namesOf = (subject: Subject): readonly string[] => subject.finding()?.ids ?? [];
  if (operand.func === "count") {
    const judge = numberTest(test);
    return { ...plan, run: (subject) => verdict(judge(namesOf(subject).length)) };
  }
  const judge = textJudge(operand, test, false);
  const join = operand.func === "all" ? both : either;
  return {
    ...plan,
    run: (subject) => {
      const [first, ...rest] = namesOf(subject).map(judge);
      return first === undefined ? 0 : rest.reduce(join, first);
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

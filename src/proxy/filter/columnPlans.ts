import { SEVERITIES } from "../../shared/findings.ts";
import { EXCHANGES, ORIGINS } from "../../shared/model.ts";
import type { Operand, Test, Value } from "../../shared/filter/ast.ts";
import type { FieldName } from "../../shared/filter/fields.ts";
import { numberTest, timeTest } from "./numberTest.ts";
import type { Plan } from "./plan.ts";
import { KINDS, type Subject } from "./subject.ts";
import { COST, verdict } from "./valueTest.ts";
import type { Verdict } from "./verdict.ts";

/** A field that the index of rows holds as a number. */
export type ColumnField = "time" | keyof typeof CODES | keyof typeof FLAGS | keyof typeof NUMBERS;

export function isColumn(field: FieldName): field is ColumnField {
  return field === "time" || field in CODES || field in FLAGS || field in NUMBERS;
}

/** Plans a test that the index answers. */
export function columnPlan(field: ColumnField, { func }: Operand, test: Test): Plan {
  const isCount = func === "count";
  switch (field) {
    case "dir":
    case "kind":
    case "origin":
    case "exchange":
      return isCount ? presence(CODES[field], test) : codePlan(field, test);
    case "pending":
    case "guessed":
    case "marked":
    case "decrypted":
    case "late":
    case "dup":
    case "heartbeat":
      return isCount ? numberPlan(() => 1, test) : flagPlan(FLAGS[field], test);
    case "time":
      return isCount ? numberPlan(() => 1, test) : timePlan(test);
    default:
      return numberPlan(isCount ? counting(NUMBERS[field]) : NUMBERS[field], test);
  }
}

/** The plan of what needs no octets. */
export function indexPlan(run: Plan["run"]): Plan {
  return { run, cost: COST.index, needsBytes: false, needle: null };
}

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
export function valuesOf(test: Test): readonly Value[] {
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
  late: (subject) => subject.isLate,
  dup: (subject) => subject.isDuplicate,
  heartbeat: (subject) => subject.isHeartbeat,
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
  sev: (subject) => {
    const found = subject.finding();
    return found === null ? NaN : SEVERITIES.indexOf(found.severity);
  },
} as const satisfies Record<string, (subject: Subject) => number>;

function numberPlan(read: (subject: Subject) => number, test: Test): Plan {
  // A latency of 0 is there, and so is the first of the severities; a size of 0 is not.
  const isThereAtZero = read === NUMBERS.latency || read === NUMBERS.sev;
  const judge = test.op === "exists" && isThereAtZero ? (number: number) => number >= 0 : numberTest(test);
  return indexPlan((subject) => (judge(read(subject)) ? 1 : 0));
}

function counting(read: (subject: Subject) => number): (subject: Subject) => number {
  return (subject) => (Number.isNaN(read(subject)) ? 0 : 1);
}

function timePlan(test: Test): Plan {
  const judge = timeTest(test);
  return indexPlan((subject) => verdict(judge(subject.anchorMs + subject.timeNs / 1e6, subject.anchorMs)));
}

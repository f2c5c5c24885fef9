import type { Filter, Operand, Test } from "../../shared/filter/ast.ts";
import { type FieldName, FINDING_FIELDS, TALK_FIELDS } from "../../shared/filter/fields.ts";
import { columnPlan, indexPlan, isColumn } from "./columnPlans.ts";
import { numberTest } from "./numberTest.ts";
import { known, MISSING } from "./octetTest.ts";
import type { Plan } from "./plan.ts";
import type { Subject } from "./subject.ts";
import { findingPlan, textPlan } from "./textPlans.ts";
import {
  bytesFrameTest,
  COST,
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
  /** It asks for what dialects say. */
  readonly needsTalk: boolean;
  /** It asks for what was found. */
  readonly needsFindings: boolean;
  /** Octets that one frame of every row that passes has in it, one after the other; `null` when none are known. */
  readonly needle: Uint8Array | null;
};

type Run = Plan["run"];

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
    needsTalk: asks(filter, TALK_FIELDS),
    needsFindings: asks(filter, FINDING_FIELDS),
    needle,
  };
}

function asks(filter: Filter, fields: ReadonlySet<FieldName>): boolean {
  switch (filter.kind) {
    case "all":
    case "search":
      return false;
    case "not":
      return asks(filter.of, fields);
    case "and":
    case "or":
      return filter.of.some((part) => asks(part, fields));
    case "test":
      return fields.has(filter.operand.field);
  }
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
      case "finding":
        return findingPlan(operand, test);
      default:
        return isColumn(field) ? columnPlan(field, operand, test) : textPlan(field, operand, test);
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

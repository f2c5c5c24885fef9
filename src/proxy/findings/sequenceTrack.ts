/** What a track says of the numbers that it was given. `n` are rows. */
export type TrackSink = {
  /** Numbers `from` to `to` have not come; there are `count` of them. Behind row `before`, told by row `after`. */
  gap(from: number, to: number, count: number, before: number, after: number): void;
  /** `value` came again in row `n`. */
  repeat(value: number, n: number): void;
  /** `value` came in row `n`, behind ones that follow it. `wasMissing`: it was told as missing before. */
  disorder(value: number, n: number, wasMissing: boolean): void;
};

/** Numbers behind each other: a sender that counts, or what may be one. */
type Run = {
  start: number;
  /** What comes next. */
  next: number;
  count: number;
  firstN: number;
  lastN: number;
  lastNs: number;
  /** Which number in all was its last. */
  lastTurn: number;
};

/** A run that has begun where it was not expected, and the one that it may be the rest of. */
type Doubtful = Run & { readonly parent: Run; parentCount: number };

type Missing = { from: number; to: number };

/** So many numbers behind each other show that a run is one. */
const CONFIRMED = 3;
/** How many other numbers, and how much time, a doubtful run may wait to be explained. */
const PATIENCE = 16;
const PATIENCE_NS = 2e9;
const MAX_RUNS = 4;
const MAX_DOUBTFUL = 8;
/** A longer jump forward is another beginning. */
const MAX_GAP = 10_000_000;
/** Only what is repeated so soon is a repetition, and not another sender. */
const REPEAT_WITHIN = 8;
const MAX_MISSING = 64;
/** Numbers that a step is found out from. */
const STEP_VALUES = 4;
const MAX_STEP = 1_000;
/** Of numbers that may be anything, how many have to follow each other before it is told where they do not. */
const FOLLOWING = 4;

/**
 * Follows the numbers of one sequence: whether each one comes after the one before. A number that does not is not judged
 * before it is seen what comes next, since it may be a loss, a message out of its turn, another sender that counts for
 * itself, or a sender that has begun anew; only the first two are told. Numbers that go up by the same step from the start
 * on are a sequence as well, such as every second one of work that is shared.
 */
export class SequenceTrack {
  /** There are too many senders to tell them apart. */
  isHopeless = false;
  readonly #modulus: number;
  readonly #sink: TrackSink;
  /** 0 until it is known. */
  #step: number;
  /** Numbers that have followed each other. */
  #following: number;
  #first: { readonly value: number; readonly n: number; readonly timeNs: number }[] = [];
  #runs: Run[] = [];
  #doubtful: Doubtful[] = [];
  #missing: Missing[] = [];
  #turn = 0;

  /**
   * `modulus`: after which number it begins again, 0 for none; `step`: 0 where it is to be found out; `isSure`: these are
   * numbers of a sequence, and not something else that has its name.
   */
  constructor(options: { readonly modulus: number; readonly step: number; readonly isSure: boolean }, sink: TrackSink) {
    this.#modulus = options.modulus;
    this.#step = options.step;
    this.#following = options.isSure ? FOLLOWING : 0;
    this.#sink = sink;
  }

  get #isSequence(): boolean {
    return this.#following >= FOLLOWING;
  }

  push(value: number, n: number, timeNs: number): void {
    if (this.isHopeless) return;
    if (this.#step === 0) {
      this.#first.push({ value, n, timeNs });
      this.#findStep();
    } else {
      this.#take(value, n, timeNs);
    }
  }

  /** It is `nowNs`: what has waited for long enough is judged. */
  settle(nowNs: number): void {
    const latest = this.#first.at(-1);
    if (latest !== undefined && nowNs - latest.timeNs > PATIENCE_NS) this.#useStep(1);
    for (const run of [...this.#doubtful]) if (nowNs - run.lastNs > PATIENCE_NS) this.#expire(run);
  }

  /** Whether all numbers from `from` to `to` have come. */
  has(from: number, to: number): boolean {
    const isWithin = this.#runs.some(({ start, next }) => this.#ahead(start, from) >= 0 && this.#ahead(to, next) > 0);
    return (
      isWithin && !this.#missing.some((each) => this.#ahead(each.from, to) >= 0 && this.#ahead(from, each.to) >= 0)
    );
  }

  #findStep(): void {
    const steps = this.#first.slice(1).map(({ value }, index) => this.#ahead(this.#first[index]!.value, value));
    if (steps.some((step) => Math.abs(step) === 1)) this.#useStep(1);
    else if (this.#first.length >= STEP_VALUES) {
      const [step = 1] = steps;
      const isSteady = step > 1 && step <= MAX_STEP && steps.every((each) => each === step);
      this.#useStep(isSteady ? step : 1);
    }
  }

  #useStep(step: number): void {
    this.#step = step;
    const first = this.#first;
    this.#first = [];
    for (const { value, n, timeNs } of first) this.#take(value, n, timeNs);
  }

  #take(value: number, n: number, timeNs: number): void {
    this.#turn++;
    const run = this.#continued(this.#runs, value);
    if (run !== undefined) this.#advance(run, value, n, timeNs);
    else if (!this.#takeDoubtful(value, n, timeNs) && !this.#fillsGap(value, n)) this.#begin(value, n, timeNs);
    if (this.#doubtful.length === 0) return;
    for (const each of [...this.#doubtful]) if (this.#turn - each.lastTurn > PATIENCE) this.#expire(each);
  }

  /** Of the runs that wait for this number the one that has waited for longest. */
  #continued<R extends Run>(runs: readonly R[], value: number): R | undefined {
    let found: R | undefined;
    for (const run of runs) {
      if (run.next === value && (found === undefined || run.lastTurn < found.lastTurn)) found = run;
    }
    return found;
  }

  #advance(run: Run, value: number, n: number, timeNs: number): void {
    this.#following++;
    run.next = this.#after(value);
    run.count++;
    run.lastN = n;
    run.lastNs = timeNs;
    run.lastTurn = this.#turn;
    // What came too early follows right behind it.
    for (;;) {
      const early = this.#doubtful.find(({ start, parent }) => parent === run && start === run.next);
      if (early === undefined) return;
      this.#drop(early);
      run.next = early.next;
      run.count += early.count;
      if (this.#isSequence) this.#sink.disorder(value, n, false);
    }
  }

  #takeDoubtful(value: number, n: number, timeNs: number): boolean {
    const run = this.#continued(this.#doubtful, value);
    if (run === undefined) return false;
    this.#advance(run, value, n, timeNs);
    if (run.count >= CONFIRMED) this.#confirm(run);
    return true;
  }

  #fillsGap(value: number, n: number): boolean {
    const at = this.#missing.findIndex(({ from, to }) => this.#ahead(from, value) >= 0 && this.#ahead(value, to) >= 0);
    if (at < 0) return false;
    const { from, to } = this.#missing[at]!;
    const rest: Missing[] = [];
    if (value !== from) rest.push({ from, to: this.#wrapped(value - this.#step) });
    if (value !== to) rest.push({ from: this.#after(value), to });
    this.#missing.splice(at, 1, ...rest);
    this.#sink.disorder(value, n, true);
    return true;
  }

  #begin(value: number, n: number, timeNs: number): void {
    const run: Run = {
      start: value,
      next: this.#after(value),
      count: 1,
      firstN: n,
      lastN: n,
      lastNs: timeNs,
      lastTurn: this.#turn,
    };
    const parent = this.#nearest(value);
    if (parent === undefined) {
      this.#runs.push(run);
      return;
    }
    if (this.#doubtful.length >= MAX_DOUBTFUL) this.#expire(this.#doubtful[0]!);
    this.#doubtful.push({ ...run, parent, parentCount: parent.count });
  }

  #nearest(value: number): Run | undefined {
    let nearest: Run | undefined;
    for (const run of this.#runs) {
      const isNearer =
        nearest === undefined || Math.abs(this.#ahead(run.next, value)) < Math.abs(this.#ahead(nearest.next, value));
      if (isNearer) nearest = run;
    }
    return nearest;
  }

  /** It goes on, so it is a run: the rest of its parent, or another sender's. */
  #confirm(run: Doubtful): void {
    this.#drop(run);
    if (run.parent.count !== run.parentCount) this.#addRun(run);
    else this.#goOn(run);
  }

  /** It has not gone on for too long. */
  #expire(run: Doubtful): void {
    this.#drop(run);
    const { parent } = run;
    const behind = this.#ahead(run.start, parent.next);
    const isRepeat = behind > 0 && behind <= REPEAT_WITHIN * this.#step && this.#ahead(parent.start, run.start) >= 0;
    if (parent.count === run.parentCount && !(isRepeat && !this.#isBeginning(run))) this.#goOn(run);
    else if (isRepeat && this.#isSequence) this.#sink.repeat(run.start, run.firstN);
  }

  /** Numbers that senders begin with. */
  #isBeginning({ start }: Run): boolean {
    return start <= 1;
  }

  /** Nothing more came of its parent: behind a gap, or because its sender has begun anew. */
  #goOn(run: Doubtful): void {
    const { parent } = run;
    const jump = this.#ahead(parent.next, run.start);
    if (jump > 0 && jump <= MAX_GAP && this.#isSequence) {
      const to = this.#wrapped(run.start - this.#step);
      if (this.#missing.length >= MAX_MISSING) this.#missing.shift();
      this.#missing.push({ from: parent.next, to });
      this.#sink.gap(parent.next, to, Math.max(1, Math.floor(jump / this.#step)), parent.lastN, run.firstN);
    } else {
      parent.start = run.start;
      this.#missing = [];
    }
    parent.next = run.next;
    parent.count += run.count;
    parent.lastN = run.lastN;
    parent.lastNs = run.lastNs;
    parent.lastTurn = run.lastTurn;
    // What began meanwhile is to be seen as the rest of what there is now.
    for (const each of this.#doubtful) if (each.parent === parent) each.parentCount = parent.count;
  }

  #addRun({ start, next, count, firstN, lastN, lastNs, lastTurn }: Run): void {
    if (this.#runs.length >= MAX_RUNS) {
      this.isHopeless = true;
      return;
    }
    this.#runs.push({ start, next, count, firstN, lastN, lastNs, lastTurn });
  }

  #drop(run: Doubtful): void {
    this.#doubtful = this.#doubtful.filter((each) => each !== run);
  }

  #after(value: number): number {
    return this.#wrapped(value + this.#step);
  }

  #wrapped(value: number): number {
    return this.#modulus === 0 ? value : (value + this.#modulus) % this.#modulus;
  }

  /** How far `to` lies ahead of `from`; negative where it is behind. Of numbers that begin again the nearer way. */
  #ahead(from: number, to: number): number {
    const way = to - from;
    if (this.#modulus === 0) return way;
    const half = this.#modulus / 2;
    return way > half ? way - this.#modulus : way < -half ? way + this.#modulus : way;
  }
}

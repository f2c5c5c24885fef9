import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { jsonLine } from "../../../src/proxy/jsonLines.ts";
import type { FindingId } from "../../../src/shared/findings.ts";
import { type TappedEngine, tappedEngine } from "../../support/tappedEngine.ts";
import { foundBy } from "./findings.ts";
import { SeedProgram } from "./seedProgram.ts";

/** What a program said that it saw: the name of it, and what belongs to it. */
export type Happening = readonly unknown[];

/** A program of test/interop/peers/guide in one role of a play. */
export class Actor {
  readonly #program: SeedProgram;
  /** Happenings that were waited for. */
  #past = 0;

  constructor(t: TestContext, program: string, role: string, options: object) {
    this.#program = new SeedProgram(t, join("..", "guide", program), [role, JSON.stringify(options)]);
  }

  /** Where it listens, in the order in which it bound. */
  bound(count = 1): Promise<string[]> {
    return this.#program.bound(count);
  }

  tell(what: unknown): void {
    this.#program.tell(what);
  }

  /** Resolves when this happens, behind what was waited for before. */
  async happens(...what: Happening): Promise<void> {
    for (;;) {
      const happened = await this.#program.said("event", this.#past + 1);
      if (isDeepStrictEqual(happened[this.#past++], what)) return;
    }
  }

  /** Resolves when it has said this name with this value, or so often. */
  async says(name: string, value: unknown): Promise<void> {
    for (let count = 1; ; count++) {
      const said = await this.#program.said(name, count);
      if (isDeepStrictEqual(said[count - 1], value)) return;
    }
  }

  async saysTimes(name: string, count: number): Promise<void> {
    await this.#program.said(name, count);
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): Promise<void> {
    return this.#program.kill(signal);
  }

  get happenings(): Happening[] {
    return this.#lines("event");
  }

  /** Messages that it received, as they stand on the wire: base64 frames. */
  get heard(): readonly string[][] {
    return this.#lines("heard");
  }

  #lines<T>(name: string): T[] {
    return this.#program.lines.filter((line) => name in line).map((line) => line[name] as T);
  }
}

/** Where a play of several programs is given: with their connections direct, or each through a tap of one engine. */
export class Stage {
  readonly #t: TestContext;
  readonly #tapped: TappedEngine | null;
  readonly #actors: { readonly name: string; readonly actor: Actor }[] = [];
  #links = 0;

  constructor(t: TestContext, tapped: TappedEngine | null) {
    this.#t = t;
    this.#tapped = tapped;
  }

  /** Where to connect for whoever listens at `server`. */
  async link(server: string): Promise<string> {
    return this.#tapped === null ? server : this.#tapped.attach(server, `tap ${++this.#links}`);
  }

  /** Starts a program; one of the same name goes on where another one was killed. */
  actor(name: string, program: string, role: string, options: object = {}): Actor {
    const actor = new Actor(this.#t, program, role, options);
    this.#actors.push({ name, actor });
    return actor;
  }

  /** What each program saw, in its order. */
  get transcript(): Readonly<Record<string, readonly Happening[]>> {
    const transcript: Record<string, Happening[]> = {};
    for (const { name, actor } of this.#actors) (transcript[name] ??= []).push(...actor.happenings);
    return transcript;
  }

  get heard(): readonly string[] {
    return this.#actors.flatMap(({ actor }) => actor.heard.map((frames) => frames.join(" ")));
  }

  /** Ends all programs, those first that came last: so clients go before their servers. */
  async end(): Promise<void> {
    for (const { actor } of this.#actors.toReversed()) await actor.kill();
  }
}

export type Play = {
  readonly play: (stage: Stage) => Promise<void>;
  /** What may be found in the capture, since the programs do that; nothing else may. */
  readonly findings?: readonly FindingId[];
  /** A transcript without what chance decides. */
  readonly normalised?: (name: string, happening: Happening) => Happening;
};

/**
 * Gives a play direct and through taps, and holds what every program saw against each other. The capture must have every
 * message that any of them received, and nothing may be found in it that does not happen.
 */
export async function sameThroughTaps(t: TestContext, { play, findings = [], normalised }: Play): Promise<void> {
  const normal = ({ transcript }: Stage): unknown =>
    Object.entries(transcript).map(([name, happenings]) => [
      name,
      happenings.map((happening) => normalised?.(name, happening) ?? happening),
    ]);
  const direct = new Stage(t, null);
  await play(direct);
  await direct.end();
  const tapped = tappedEngine(t, 256 * 1024 * 1024);
  const through = new Stage(t, tapped);
  await play(through);
  await through.end();
  assert.deepEqual(normal(through), normal(direct));
  await tapped.engine.stop();
  assert.deepEqual(missing(through.heard, messagesOf(tapped)), []);
  await onlyExpected(tapped, findings);
}

/** Fails when anything else was found. */
export async function onlyExpected(tapped: TappedEngine, expected: readonly FindingId[]): Promise<void> {
  const { findings } = await foundBy(tapped);
  const others = findings.filter(({ id }) => !expected.includes(id));
  assert.deepEqual(
    others.map(({ severity, id, text }) => `${severity} ${id}: ${text}`),
    [],
  );
  assert.deepEqual(tapped.bugs, []);
}

/** Every message of a capture: base64 frames. */
function messagesOf({ engine: { capture } }: TappedEngine): string[] {
  const messages: string[] = [];
  for (let { firstN: n } = capture; n <= capture.lastN; n++) {
    const row = capture.row(n)!;
    if (row.kind !== "message") continue;
    const { frames } = JSON.parse([...jsonLine(capture, row, true)].join("")) as { frames: string[] };
    messages.push(frames.join(" "));
  }
  return messages;
}

/** Those that were heard more often than they are in the capture. */
function missing(heard: readonly string[], captured: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const message of captured) left.set(message, (left.get(message) ?? 0) + 1);
  return heard.filter((message) => {
    const count = left.get(message) ?? 0;
    left.set(message, count - 1);
    return count <= 0;
  });
}

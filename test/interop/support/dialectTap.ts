import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectMessage } from "../../../src/proxy/dialects/dialect.ts";
import { detect, dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import type { DialectName, Said } from "../../../src/shared/dialects.ts";
import type { TapConfig } from "../../../src/shared/model.ts";
import { tappedEngine } from "../../support/tappedEngine.ts";

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FRAMES = 100;

/** A captured message with what it says in its dialect. */
export type Heard = {
  readonly tap: string;
  readonly said: Said;
  readonly message: DialectMessage;
  /** The dialect that it looks most like. */
  readonly detected: DialectName;
};

export type DialectTap = {
  /** Starts a tap and gives its endpoint. */
  readonly attach: (config: Pick<TapConfig, "name" | "server" | "listen">, dialectKey?: string) => Promise<string>;
  /** The messages so far, in order. Fails on one that cannot be read. */
  readonly heard: () => Heard[];
  /** The first message that fits. */
  readonly until: (fits: (heard: Heard) => boolean) => Promise<Heard>;
};

/** Taps in the test's own process whose messages are read in `dialect`. They end with the test. */
export function startDialectTaps(t: TestContext, dialect: DialectName): DialectTap {
  const { engine, until } = tappedEngine(t, MAX_BYTES);
  const { capture } = engine;
  const read = (n: number): Heard[] => {
    const raw = capture.row(n);
    if (raw?.kind !== "message" || raw.link === null) return [];
    const { client, server } = raw.link.sockets;
    const [sender, receiver] = raw.direction === 0 ? [client, server] : [server, client];
    const frames = capture.framePrefixes(n, MAX_FRAMES, MAX_BYTES).frames.map(({ prefix }) => prefix);
    const message = { frames, sender, receiver };
    const decoded = dialectNamed(dialect)!.decode(message, engine.dialectKeys.of(raw.tapName), dialectTools);
    assert.ok("said" in decoded, "problem" in decoded ? decoded.problem : "");
    return [{ tap: raw.tapName, said: decoded.said, message, detected: detect(message).dialect }];
  };
  const heard = (): Heard[] =>
    Array.from({ length: capture.lastN - capture.firstN + 1 }, (_, at) => capture.firstN + at).flatMap(read);
  return {
    attach: async (config, dialectKey) => {
      const { listening } = await engine.startTap({ id: config.name, dialect, ...config }, null, dialectKey);
      return listening;
    },
    heard,
    until: (fits) => until(() => heard().find(fits)),
  };
}

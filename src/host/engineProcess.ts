import type { Duplex } from "node:stream";

/** An engine's process, whoever started it. */
export type EngineProcess = {
  /** Carries the engine protocol; paused. */
  readonly stream: Duplex;
  readonly pid: number | undefined;
  kill(): void;
  /** Resolves with how it ended, as the end of a sentence. */
  readonly ended: Promise<string>;
  /** Nothing more is wanted of it, not even that it ends. */
  release(): void;
};

import assert from "node:assert/strict";
import { test } from "node:test";
import { findRows, untilRead } from "../../../src/shared/assistant/foundRows.ts";
import type { AssistantSource } from "../../../src/shared/assistant/source.ts";
import type { EngineNotice } from "../../../src/shared/engineProtocol.ts";
import type { CaptureStats, FileStats } from "../../../src/shared/model.ts";
import { testAssistant } from "../../support/assistant.ts";
import { openLink, say } from "../../support/captures.ts";

test("findRows folds copies of a publication, and lets go of its filter", async (t) => {
  const { capture, source } = testAssistant(t);
  const link = openLink(capture);
  for (let at = 0; at < 20; at++) {
    say(capture, link, 0, [`m${at}`]);
    const { rows, total, state } = await findRows(source, 0, `m${at}`, { limit: 5 });
    assert.deepEqual([rows.length, total, state.done], [1, 1, true]);
  }
});

/** A source of one file, and what tells of its growth. */
function fileSource(file: () => Partial<FileStats> | null): {
  source: AssistantSource;
  tell: (capture: number) => void;
} {
  const listeners = new Set<(notice: EngineNotice) => void>();
  const source = {
    ask: () => Promise.resolve({ file: file() } as unknown as CaptureStats),
    listen: (told: (notice: EngineNotice) => void) => {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    wait: () => new Promise<void>(() => undefined),
  } as unknown as AssistantSource;
  const tell = (capture: number): void => {
    for (const told of listeners) told({ kind: "capture/grew", stats: { capture } as unknown as CaptureStats });
  };
  return { source, tell };
}

test("untilRead waits for the end of a file", async () => {
  let asked = 0;
  const { source, tell } = fileSource(() => {
    asked++;
    if (asked < 3) {
      setImmediate(() => {
        tell(7);
        tell(1);
      });
    }
    return { isDone: asked === 3 };
  });
  assert.equal(await untilRead(source, 1), null);
  assert.equal(asked, 3);
});

test("untilRead says how far a file is that takes long, and waits for none of the live capture", async () => {
  const { source } = fileSource(() => ({ isDone: false, readBytes: 30, totalBytes: 120 }));
  const impatient = { ...source, wait: () => Promise.resolve() };
  assert.equal(await untilRead(impatient, 1), "The file is still being read, 25 % so far. Ask again for the rest.");
  assert.equal(await untilRead(fileSource(() => null).source, 0), null);
});

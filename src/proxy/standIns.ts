import { readFile, stat } from "node:fs/promises";
import type { TapId } from "../shared/model.ts";
import type { AnswerSource, StandIn } from "../shared/standIn.ts";
import { Capture } from "./capture/capture.ts";
import type { Dialect, DialectKey } from "./dialects/dialect.ts";
import { dialectNamed } from "./dialects/registry.ts";
import { dialectTools } from "./dialectTools.ts";
import { badReplies, cannotReadReplies, noCapture, nothingToAnswer } from "./faults.ts";
import { readRecording } from "./recording.ts";
import { type AnswerBook, FixedBook } from "./rpc/answerBook.ts";
import { Answerer } from "./rpc/answerer.ts";
import { MAX_REPLIES_BYTES, readFixedReplies } from "./rpc/fixedReplies.ts";
import { openStandIn, type StandInNotices, type StandInSocket } from "./rpc/standInSocket.ts";
import { TemporaryShelf } from "./temporaryShelf.ts";

/** Memory of a capture file while its exchanges are read. */
const FILE_BYTES = 64 * 1024 * 1024;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

type Surroundings = {
  /** The live capture. */
  readonly capture: Capture;
  /** Whether a tap has a stand-in behind it, whose answers are no recording. */
  readonly isStandIn: (tap: TapId) => boolean;
  /** What the messages of the stand-in, or of the tap that it answers from, are signed with. */
  readonly key: DialectKey;
};

/**
 * Opens a stand-in's socket, with its answers read: the tap in front of it is the caller's. Rejects with a UserError that
 * says why there is nothing to answer from.
 */
export async function startStandIn(
  standIn: StandIn,
  surroundings: Surroundings,
  notices: StandInNotices,
): Promise<StandInSocket> {
  if (standIn.kind === "signals") return openStandIn(standIn, null, { known: 0, leftOut: 0 }, dialectTools, notices);
  const dialect = standIn.dialect === null ? null : (dialectNamed(standIn.dialect) ?? null);
  const book = await readBook(standIn.from, dialect, surroundings);
  const answerer = new Answerer(book, dialect, surroundings.key, dialectTools);
  return openStandIn(standIn, answerer, { known: book.known, leftOut: book.leftOut }, dialectTools, notices);
}

async function readBook(from: AnswerSource, dialect: Dialect | null, surroundings: Surroundings): Promise<AnswerBook> {
  switch (from.kind) {
    case "replies":
      return readReplies(from.path);
    case "live": {
      const { capture, isStandIn, key } = surroundings;
      const isWanted = ({ tap, tapName }: { tap: TapId; tapName: string }): boolean =>
        !isStandIn(tap) && (from.tap === null || from.tap === tapName);
      return withExchanges(
        await readRecording(capture, { dialect, isWanted, key, tools: dialectTools }),
        from.tap === null ? "The log" : `The log of "${from.tap}"`,
      );
    }
    case "capture":
      return readCapture(from.path, dialect, surroundings.key);
  }
}

function withExchanges(book: AnswerBook, where: string): AnswerBook {
  if (book.known === 0) throw nothingToAnswer(where);
  return book;
}

async function readReplies(path: string): Promise<AnswerBook> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_REPLIES_BYTES) throw badReplies(path, "is larger than 16 MiB. Leave some replies out.");
    text = await readFile(path, "utf8");
  } catch (error) {
    throw cannotReadReplies(path, error);
  }
  const replies = readFixedReplies(text);
  if ("problem" in replies) throw badReplies(path, replies.problem);
  return new FixedBook(replies);
}

async function readCapture(path: string, dialect: Dialect | null, key: DialectKey): Promise<AnswerBook> {
  const { clockOfFile, FileCapture } = await import("./files/fileCapture.ts");
  const clock = await clockOfFile(path);
  const capture = new Capture({ maxBytes: FILE_BYTES, clock });
  const shelf = await TemporaryShelf.make(capture);
  try {
    const reader = new FileCapture({
      capture,
      clock,
      onMark: () => undefined,
      drained: () => shelf.files.drained(MAX_WAITING_BYTES),
    });
    const { problem } = await reader.read(path);
    if (reader.summary.format === null && problem !== null) throw noCapture(path, problem.message);
    const book = await readRecording(capture, { dialect, isWanted: () => true, key, tools: dialectTools });
    return withExchanges(book, path);
  } finally {
    await shelf.remove();
  }
}

import { setImmediate } from "node:timers/promises";
import type { TapId } from "../shared/model.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import type { Dialect, DialectKey, DialectTools } from "./dialects/dialect.ts";
import { MAX_MESSAGE_BYTES } from "./dialects/limits.ts";
import { readSaid, RecordedBook } from "./rpc/answerBook.ts";
import { dialectOf } from "./rpc/answerer.ts";
import { asCall, asReply } from "./rpc/wireEnvelope.ts";

/** How long the event loop is kept from other work. */
const SLICE_MS = 3;
/** Calls of DEALERs that wait for a reply with their id while the recording is read. */
const MAX_OPEN = 10_000;
const MAX_FRAMES = 1_000;

type RecordingOptions = {
  /** `null`: what each call looks like. */
  readonly dialect: Dialect | null;
  readonly isWanted: (row: { readonly tap: TapId; readonly tapName: string }) => boolean;
  readonly key: DialectKey;
  readonly tools: DialectTools;
};

/**
 * The exchanges of a capture as answers: a request and its reply as rows pair them, and of DEALERs calls and replies with
 * the same id. Reads in slices of a few milliseconds.
 */
export async function readRecording(capture: Capture, options: RecordingOptions): Promise<RecordedBook> {
  const book = new RecordedBook();
  const open = new Map<string, Uint8Array[]>();
  let sliceEndMs = performance.now() + SLICE_MS;
  // What dialects pair stands in the rows once these are judged.
  await capture.talk.settled();
  const { lastN } = capture;
  for (let n = capture.firstN; n <= lastN; n++) {
    if (performance.now() > sliceEndMs) {
      await setImmediate();
      sliceEndMs = performance.now() + SLICE_MS;
    }
    if (!capture.isInMemory(n)) await capture.prepare(n);
    const row = capture.row(n);
    if (row?.kind !== "message" || !options.isWanted(row)) continue;
    if (row.exchange === "answered" && row.partner !== null) await addPair(book, capture, row, row.partner, options);
    else if (row.exchange === "none" && isDealing(row)) addById(book, capture, row, open, options);
  }
  return book;
}

async function addPair(
  book: RecordedBook,
  capture: Capture,
  row: RawRow,
  partner: number,
  { dialect, key, tools }: RecordingOptions,
): Promise<void> {
  if (!capture.isInMemory(partner)) await capture.prepare(partner);
  const reply = capture.row(partner);
  if (reply === undefined) return; // It was evicted.
  const [call, answer] = [wholeFrames(capture, row), wholeFrames(capture, reply)];
  if (call === null || answer === null) {
    book.leaveOut();
    return;
  }
  const message = asCall(call);
  book.add(dialect ?? dialectOf(message), message, answer, key, tools);
}

/** Nothing on the wire pairs what DEALERs and ROUTERs say; dialects with ids do. */
function addById(
  book: RecordedBook,
  capture: Capture,
  row: RawRow,
  open: Map<string, Uint8Array[]>,
  { dialect, key: signedWith, tools }: RecordingOptions,
): void {
  const frames = wholeFrames(capture, row);
  if (frames === null) return;
  const call = asCall(frames);
  const spoken = dialect ?? dialectOf(call);
  const said = readSaid(spoken, row.direction === 0 ? call : asReply(frames), signedWith, tools);
  const id = said?.id ?? null;
  if (said === null || id === null) return;
  const key = `${row.link?.info.link ?? 0} ${spoken.name} ${id}`;
  if (said.kind === "call") {
    open.set(key, frames);
    if (open.size > MAX_OPEN) open.delete(open.keys().next().value!);
  } else if (said.kind === "reply" || said.kind === "error") {
    const asked = open.get(key);
    open.delete(key);
    if (asked !== undefined) book.add(spoken, asCall(asked), frames, signedWith, tools);
  }
}

function isDealing({ link }: RawRow): boolean {
  return [link?.sockets.client, link?.sockets.server].some((socket) => socket === "DEALER" || socket === "ROUTER");
}

/** `null` for what is too large, or no longer whole. */
function wholeFrames(capture: Capture, { n, sizeBytes }: RawRow): Uint8Array[] | null {
  if (sizeBytes > MAX_MESSAGE_BYTES) return null;
  const { frames, more } = capture.framePrefixes(n, MAX_FRAMES, MAX_MESSAGE_BYTES);
  if (more > 0 || frames.some(({ sizeBytes: size, prefix }) => prefix.length < size)) return null;
  return frames.map(({ prefix }) => prefix);
}

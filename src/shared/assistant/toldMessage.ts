import type { CaptureId, FrameInfo, FrameValue, MessageDetail, SaidDetail } from "../model.ts";
import { type Answer, Exactly } from "./answerText.ts";
import { REDACTED, type Redactor } from "./redactor.ts";
import type { AssistantSource } from "./source.ts";
import { toldRow } from "./toldRows.ts";

/** Frames of one message that are told of. */
const MAX_FRAMES = 32;
/** Octets that are looked through for names of secrets. */
const LOOK_BYTES = 65_536;
/** What is left of a budget when a value no longer fits. */
const MIN_VALUE_CHARS = 40;

/** Counts down the characters that may still be told, and says what was cut. */
class Budget {
  readonly cuts: string[] = [];
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
  }

  /** A text as far as it fits. */
  text(text: string, what: string): string {
    const room = Math.max(MIN_VALUE_CHARS, this.#left);
    this.#left -= Math.min(text.length, room);
    if (text.length <= room) return text;
    this.cuts.push(`${what} is cut: ${room} of its ${text.length} characters are here`);
    return `${text.slice(0, room)}…`;
  }

  /** A value as it is where it fits, else the beginning of its JSON text. */
  value(value: unknown, what: string): unknown {
    const json = JSON.stringify(value);
    const told = this.text(json, what);
    return told === json ? new Exactly(value) : told;
  }
}

/** One row whole: its link, its frames decoded, and what it says, in about `maxCharacters`. */
export async function toldMessage(
  source: AssistantSource,
  capture: CaptureId,
  n: number,
  maxCharacters: number,
): Promise<Answer> {
  const detail = await source.ask("message/read", { capture, n });
  const budget = new Budget(maxCharacters);
  const { row, link, event, frames, moreFrames } = detail;
  const said = detail.said === null ? null : toldSaid(detail.said, source.redactor, budget);
  const told = await toldFrames(source, capture, detail, budget);
  const left = frames.length - told.length + moreFrames;
  if (left > 0) budget.cuts.push(`${left} more frames are not told of`);
  return {
    row: toldRow(row, source.redactor),
    link: facts(link, source.redactor),
    event: facts(event, source.redactor),
    said,
    frames: told,
    truncated: budget.cuts.length > 0 ? true : null,
    note: budget.cuts.length > 0 ? `Truncated: ${budget.cuts.join("; ")}. A greater maxCharacters tells more.` : null,
  };
}

async function toldFrames(
  source: AssistantSource,
  capture: CaptureId,
  { row, frames }: MessageDetail,
  budget: Budget,
): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  let isSecret = false;
  for (const info of frames.slice(0, MAX_FRAMES)) {
    const { frame, sizeBytes, keptBytes, role } = info;
    const shared = { frame, role: role === "payload" ? null : role, bytes: sizeBytes };
    if (row.kind === "encrypted") told.push({ ...shared, value: "encrypted; the tap has no keys for it" });
    else if (sizeBytes === 0) told.push({ ...shared, value: new Exactly("") });
    else if (isSecret) told.push({ ...shared, value: REDACTED });
    else {
      const value = await decodedFrame(source, capture, row.n, frame);
      const hidden = await isHidden(source, capture, row.n, info, value);
      if (keptBytes < sizeBytes) budget.cuts.push(`only ${keptBytes} octets of frame ${frame} are still kept`);
      told.push({
        ...shared,
        decoder: value.decoder,
        layers: value.layers.map(({ name }) => name),
        ...(hidden
          ? { value: REDACTED, why: "octets that nobody decoded, with the name of a secret among them" }
          : toldValue(value, frame, source.redactor, budget)),
      });
      const { decoded } = value;
      isSecret ||= decoded.kind === "text" && source.redactor.isSecretTopic(decoded.text);
    }
  }
  return told;
}

/** A frame as what it looks like; text that is too long for that as the text that it is. */
async function decodedFrame(
  source: AssistantSource,
  capture: CaptureId,
  n: number,
  frame: number,
): Promise<FrameValue> {
  const value = await source.ask("frame/decode", { capture, n, frame, decoder: null });
  const isText = value.decoder === "json" || value.decoder === "xml";
  if (value.decoded.kind !== "none" || !isText) return value;
  return source.ask("frame/decode", { capture, n, frame, decoder: "text" });
}

/** Octets that are shown as they are cannot be redacted by name. */
async function isHidden(
  source: AssistantSource,
  capture: CaptureId,
  n: number,
  { frame, sizeBytes }: FrameInfo,
  { decoder, decoded }: FrameValue,
): Promise<boolean> {
  if (!source.redactor.isOn || (decoder !== "hex" && decoded.kind !== "none")) return false;
  const count = Math.min(sizeBytes, LOOK_BYTES);
  return source.redactor.namesSecret(await source.ask("bytes/read", { capture, n, frame, from: 0, count }));
}

function toldValue({ decoded }: FrameValue, frame: number, redactor: Redactor, budget: Budget): Answer {
  const what = `frame ${frame}`;
  switch (decoded.kind) {
    case "text":
      if (decoded.truncated) budget.cuts.push(`${what} is decoded from its beginning only`);
      return { value: budget.text(redactor.text(decoded.text), what) };
    case "tree": {
      if (decoded.truncated) budget.cuts.push(`${what} is shortened, since its value is very large`);
      const { warning = null } = decoded;
      return { value: budget.value(redactor.value(parsed(decoded.json)), what), warning };
    }
    case "image":
      return { value: `a ${decoded.format} image of ${decoded.width} × ${decoded.height} pixels, which is not told` };
    case "none":
      return { problem: decoded.reason };
  }
}

function toldSaid(said: SaidDetail, redactor: Redactor, budget: Budget): Answer {
  const { title, kind, method, args, kwargs, value, problem, code, id, unread } = said;
  const told = (json: string | null, what: string): unknown =>
    json === null ? null : budget.value(redactor.value(parsed(json)), what);
  return {
    dialect: title,
    kind,
    unread,
    method: redactor.preview(method),
    args: told(args, "args"),
    kwargs: told(kwargs, "kwargs"),
    value: told(value, "the value"),
    problem: redactor.text(problem),
    code,
    id,
    facts: facts(said.facts, redactor),
  };
}

/** Labels and what they say, as fields. */
export function facts(
  list: readonly { readonly label: string; readonly value: string }[],
  redactor: Redactor,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list.map(({ label, value }) => [label, redactor.isSecretName(label) ? REDACTED : redactor.text(value)]),
  );
}

/** JSON that a decoder wrote, which is valid however much is left out. */
export function parsed(json: string): unknown {
  return JSON.parse(json) as unknown;
}

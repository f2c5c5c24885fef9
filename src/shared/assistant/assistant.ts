import { SEVERITIES, type Severity } from "../findings.ts";
import { formatError } from "../filter/errorText.ts";
import { parseFilter } from "../filter/parse.ts";
import type { CaptureStats, LinkState, TapState } from "../model.ts";
import { UserError } from "../userError.ts";
import { type Answer, answerText } from "./answerText.ts";
import { findRows, type FoundRows, untilRead } from "./foundRows.ts";
import type { Redactor } from "./redactor.ts";
import type { AssistantCapture, AssistantSource } from "./source.ts";
import { toldCall } from "./toldCall.ts";
import { toldLink } from "./toldLink.ts";
import { toldMessage } from "./toldMessage.ts";
import { toldFinding, toldPending, toldRow } from "./toldRows.ts";
import { readToolInput, type ToolInput } from "./toolInput.ts";
import { type AssistantToolName, DEFAULT_FOUND_ROWS, DEFAULT_MESSAGE_CHARS, TOOLS } from "./tools.ts";

const MAX_TAPS = 50;
const MAX_LINKS = 10;
const MAX_FAILING = 10;
const MAX_PENDING = 20;

/**
 * Answers one use of a tool, with text for a model. Rejects with a UserError whose sentence says what a model can do about
 * it. Everything in an answer is bounded and redacted; nothing is sent but by `call_zmq_service`.
 */
export async function useTool(source: AssistantSource, name: AssistantToolName, given: unknown): Promise<string> {
  const input = readToolInput(TOOLS[name].inputSchema, given);
  return answerText(await ANSWERS[name](source, input));
}

const ANSWERS: Readonly<Record<AssistantToolName, (source: AssistantSource, input: ToolInput) => Promise<Answer>>> = {
  list_zmq_taps: listTaps,
  search_zmq_messages: searchMessages,
  get_zmq_message: async (source, input) => {
    const { capture } = await captureOf(source, input);
    return toldMessage(source, capture, input.number("row")!, input.number("maxCharacters") ?? DEFAULT_MESSAGE_CHARS);
  },
  list_zmq_findings: listFindings,
  explain_zmq_link: async (source, input) => {
    const { capture, note } = await captureOf(source, input);
    return { ...(await toldLink(source, capture, input.number("link")!)), note };
  },
  call_zmq_service: toldCall,
};

async function listTaps(source: AssistantSource): Promise<Answer> {
  const captures = await source.captures();
  // Where nothing was captured no engine need be started to say so.
  const taps = captures.length === 0 ? [] : await source.ask("tap/list", null);
  const stats = await Promise.all(
    captures.map(async ({ name, capture }) => toldStats(name, await source.ask("capture/stats", { capture }))),
  );
  const { redactor } = source;
  return {
    taps: taps.slice(0, MAX_TAPS).map((tap) => toldTap(tap, redactor)),
    moreTaps: taps.length > MAX_TAPS ? taps.length - MAX_TAPS : null,
    captures: stats,
    redaction: redactor.isOn ? "Values whose names say that they are secret are shown as [redacted]." : null,
    note: taps.length + captures.length === 0 ? "There is no tap, and no capture. Ask the user to attach a tap." : null,
  };
}

function toldStats(name: string, stats: CaptureStats): Answer {
  const { seen, kept, evicted, firstN, lastN, file, messagesPerSecond } = stats;
  return {
    name,
    rowsSeen: seen,
    rowsKept: kept,
    rowsEvicted: evicted,
    firstRow: kept === 0 ? null : firstN,
    lastRow: kept === 0 ? null : lastN,
    messagesPerSecond: file === null ? messagesPerSecond : null,
    isRead: file?.isDone,
    problem: file?.problem,
  };
}

function toldTap(tap: TapState, redactor: Redactor): Answer {
  const { config, status, listening, problem, messages, bytes, messagesPerSecond, links, moreLinks, failing } = tap;
  const shown = links.slice(-MAX_LINKS);
  const others = links.length - shown.length + moreLinks;
  return {
    name: config.name,
    id: config.id === config.name ? null : config.id,
    server: config.server,
    listensOn: listening,
    status,
    problem,
    dialect: config.dialect,
    messages,
    bytes,
    messagesPerSecond,
    openLinks: shown.map((link) => toldOpenLink(link, redactor)),
    otherOpenLinks: others > 0 ? others : null,
    failingClients: failing.slice(-MAX_FAILING).map(({ client, count, verdict }) => ({
      client,
      attempts: count,
      verdict: verdict.id,
      why: verdict.sentence,
      advice: verdict.advice,
    })),
    waitingCurveClients: tap.waiting.length > 0 ? tap.waiting.length : null,
  };
}

function toldOpenLink(link: LinkState, redactor: Redactor): Answer {
  return {
    link: link.link,
    origin: link.origin === "wire" ? null : link.origin,
    client: link.client,
    sockets: link.sockets,
    identity: link.identity,
    mechanism: link.mechanism,
    handshake: link.handshake,
    verdict: link.verdict?.sentence,
    subscriptions: link.subscriptions.slice(0, 5).map((topic) => redactor.preview(topic)),
    subscriptionCount: link.subscriptionCount > 0 ? link.subscriptionCount : null,
    messages: link.messages,
    pending: link.pending > 0 ? link.pending : null,
  };
}

async function searchMessages(source: AssistantSource, input: ToolInput): Promise<Answer> {
  const { capture, note } = await captureOf(source, input);
  const [before, after] = [input.number("before"), input.number("after")];
  const filter = input.text("filter") ?? "";
  const parsed = parseFilter(filter);
  if (!parsed.ok) throw new UserError("bad-filter", formatError(filter, parsed));
  const found = await findRows(source, capture, filter, {
    limit: input.number("limit") ?? DEFAULT_FOUND_ROWS,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
  return {
    matching: found.total,
    rows: found.rows.map((row) => toldRow(row, source.redactor)),
    note: [foundNote(found), note].filter((part) => part !== null).join(" "),
  };
}

/** How much there is besides what is told, and how to get it. */
function foundNote({ rows, total, earlier, later, state }: FoundRows): string {
  const [first, last] = [rows[0], rows.at(-1)];
  const parts: string[] = [];
  if (total === 0) parts.push("No row fits.");
  else if (first === undefined || last === undefined) parts.push("No row that fits is there.");
  else {
    if (earlier > 0) parts.push(`${earlier} more fit before these: ask again with before ${first.n}.`);
    if (later > 0) parts.push(`${later} more fit behind these: ask again with after ${last.n}.`);
    if (parts.length === 0) parts.push("These are all rows that fit.");
  }
  if (!state.done) parts.push(`The filter has looked at ${state.looked} rows so far; ask again, or narrow it.`);
  if (state.notListed > 0) parts.push(`${state.notListed} more fit that are too many to be listed.`);
  if (state.unknown > 0) parts.push(`${state.unknown} rows could not be judged, and are among them.`);
  return parts.join(" ");
}

async function listFindings(source: AssistantSource, input: ToolInput): Promise<Answer> {
  const { capture, note } = await captureOf(source, input);
  const { findings, pending, pendingCount, dropped, skipped } = await source.ask("findings/read", { capture });
  const least = SEVERITIES.indexOf((input.text("severity") ?? "note") as Severity);
  const limit = input.number("limit") ?? DEFAULT_FOUND_ROWS;
  const fitting = findings.filter(({ severity }) => SEVERITIES.indexOf(severity) >= least);
  const shown = fitting.slice(0, limit);
  const notes = [
    fitting.length === 0 ? "Nothing was found to be wrong. That is no proof that all is well." : null,
    fitting.length > limit
      ? `${fitting.length - limit} more findings: ask again with a greater limit or severity.`
      : null,
    dropped > 0 ? `${dropped} findings were forgotten, since there were too many.` : null,
    skipped > 0 ? `${skipped} rows were not looked at, since traffic was too fast.` : null,
    note,
  ];
  return {
    findings: shown.map((finding) => toldFinding(finding, source.redactor)),
    pendingRequests: pending.slice(0, MAX_PENDING).map((request) => toldPending(request, source.redactor)),
    pendingCount,
    note: notes.filter((part) => part !== null).join(" "),
  };
}

/** The capture that is meant, once its file is read, and a note when that takes long. */
async function captureOf(
  source: AssistantSource,
  input: ToolInput,
): Promise<AssistantCapture & { readonly note: string | null }> {
  const captures = await source.captures();
  const named = input.text("capture");
  const names = captures.map(({ name }) => `"${name}"`).join(", ");
  if (captures.length === 0) {
    throw new UserError(
      "no-capture",
      "Nothing is captured, and no capture file is open. Ask the user to attach a tap.",
    );
  }
  const found =
    named === undefined
      ? (captures.find(({ name }) => name === LIVE) ?? only(captures))
      : captures.find(({ name }) => name === named);
  if (found === undefined) {
    const why = named === undefined ? "Several captures are open." : `There is no capture "${named}".`;
    throw new UserError("no-such-capture", `${why} Give capture as one of ${names}.`);
  }
  return { ...found, note: await untilRead(source, found.capture) };
}

/** What the capture of the taps is called. */
export const LIVE = "live";

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

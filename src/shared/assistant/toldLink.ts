import type { CaptureId, LinkState, MessageDetail } from "../model.ts";
import { LIVE_CAPTURE } from "../model.ts";
import type { LinkRow } from "../pictures.ts";
import { UserError } from "../userError.ts";
import { describeSteps } from "../handshakeSteps.ts";
import { verdictFacts } from "../verdictText.ts";
import type { Answer } from "./answerText.ts";
import { findRows } from "./foundRows.ts";
import type { AssistantSource } from "./source.ts";
import { facts } from "./toldMessage.ts";
import { toldFinding, toldPending, toldRow } from "./toldRows.ts";

const MAX_EVENTS = 20;
const MAX_FINDINGS = 20;
const MAX_PENDING = 20;
/** Links that are named when one is asked for that is not there. */
const MAX_NAMED = 20;

/** Everything that is known of one link. Rejects with a UserError when nothing is. */
export async function toldLink(source: AssistantSource, capture: CaptureId, link: number): Promise<Answer> {
  const { redactor } = source;
  const [{ links }, open, events, shaken, { findings, pending }] = await Promise.all([
    source.ask("picture/links", { capture }),
    capture === LIVE_CAPTURE ? openLink(source, link) : Promise.resolve(null),
    findRows(source, capture, `conn == ${link} and (kind == event or kind == command)`, { limit: MAX_EVENTS }),
    handshakeRow(source, capture, link),
    source.ask("findings/read", { capture }),
  ]);
  const row = links.find((one) => one.link === link) ?? null;
  if (row === null && open === null && events.total === 0) throw noSuchLink(link, links);
  const own = findings.filter((finding) => finding.link === link);
  const waiting = pending.filter((request) => request.link === link);
  return {
    link,
    ...(row === null ? {} : rowParts(row)),
    handshake:
      shaken === null ? openHandshake(open) : { ...facts(shaken.link, redactor), ...facts(shaken.event, redactor) },
    verdict: open?.verdict == null ? null : facts(verdictFacts(open.verdict), redactor),
    candidates: open?.verdict?.candidates ?? null,
    subscriptions: (open?.subscriptions ?? row?.subscriptions ?? []).map((topic) => redactor.preview(topic)),
    subscriptionCount: open?.subscriptionCount ?? row?.subscriptionCount ?? null,
    pending: waiting.slice(0, MAX_PENDING).map((request) => toldPending(request, redactor)),
    pendingCount: open?.pending ?? row?.pending ?? waiting.length,
    findings: own.slice(0, MAX_FINDINGS).map((finding) => toldFinding(finding, redactor)),
    moreFindings: own.length > MAX_FINDINGS ? own.length - MAX_FINDINGS : null,
    latestEvents: events.rows.map((one) => toldRow(one, redactor)),
    earlierEvents: events.earlier === 0 ? null : events.earlier,
  };
}

function rowParts(row: LinkRow): Answer {
  const ends = (pair: readonly [number, number]): Answer => ({ fromClient: pair[0], fromServer: pair[1] });
  return {
    tap: row.tapName,
    origin: row.origin,
    client: row.client,
    server: row.server,
    sockets: row.sockets,
    identity: row.identity,
    process: row.process,
    version: row.version,
    mechanism: row.mechanism,
    state: row.verdict,
    isProblem: row.isProblem ? true : null,
    messages: ends(row.messages),
    bytes: ends(row.bytes),
    queuedBytes: { forServer: row.queued[0], forClient: row.queued[1] },
    heldUpMs: { client: row.heldUpMs[0], server: row.heldUpMs[1] },
    opened: new Date(row.openedMs).toISOString(),
    closed: row.closedMs === null ? null : new Date(row.closedMs).toISOString(),
    closedBy: row.closedBy,
  };
}

function openHandshake(open: LinkState | null): Answer | null {
  if (open === null) return null;
  const steps = Object.fromEntries(describeSteps(open.steps).map(({ label, value }) => [label, value]));
  return { state: open.handshake, ...steps };
}

async function openLink(source: AssistantSource, link: number): Promise<LinkState | null> {
  const taps = await source.ask("tap/list", null);
  return taps.flatMap(({ links }) => links).find((one) => one.link === link) ?? null;
}

/** What its newest handshake event says, with the steps. */
async function handshakeRow(source: AssistantSource, capture: CaptureId, link: number): Promise<MessageDetail | null> {
  const { rows } = await findRows(source, capture, `conn == ${link} and event == handshake`, { limit: 1 });
  const [row] = rows;
  return row === undefined ? null : source.ask("message/read", { capture, n: row.n });
}

function noSuchLink(link: number, links: readonly LinkRow[]): UserError {
  const known = links.slice(0, MAX_NAMED).map((one) => one.link);
  const named = known.length === 0 ? "There are no links yet." : `The newest are ${known.join(", ")}.`;
  return new UserError("no-such-link", `Nothing is known of link ${link}. ${named} list_zmq_taps tells the open ones.`);
}

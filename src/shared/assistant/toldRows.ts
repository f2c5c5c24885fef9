import type { Finding, PendingRequest } from "../findings.ts";
import type { Row } from "../model.ts";
import type { Redactor } from "./redactor.ts";

/** A row as assistants are told of it: short, without what says nothing. */
export function toldRow(row: Row, redactor: Redactor): Readonly<Record<string, unknown>> {
  // A topic that names a secret says what the other frames are.
  const isSecret = redactor.isSecretTopic(row.topic) && row.kind === "message";
  return {
    n: row.n,
    time: new Date(row.timeMs).toISOString(),
    kind: row.event ?? row.kind,
    tap: row.tapName,
    link: row.link === 0 ? null : row.link,
    from: row.from === null ? null : `${row.from}${socketWords(row)}`,
    peer: row.peer,
    origin: row.origin === "wire" ? null : row.origin,
    isProblem: row.isProblem ? true : null,
    topic: row.topic === row.preview ? null : redactor.preview(row.topic),
    dialect: row.dialect,
    said: row.saidKind,
    method: redactor.preview(row.method),
    status: row.status === "none" ? null : row.status,
    problem: redactor.preview(row.problem),
    exchange: row.exchange === "none" ? null : row.exchange,
    partner: row.partner,
    latencyMs: row.latencyMs,
    isLate: row.isLate ? true : null,
    isDuplicate: row.isDuplicate ? true : null,
    findings: row.finding?.ids,
    copies: row.copies > 1 ? row.copies : null,
    frames: row.event === null ? row.frames : null,
    bytes: row.event === null ? row.sizeBytes : null,
    preview: isSecret ? redactor.preview(`${row.topic} …`) : redactor.preview(row.preview),
    note: redactor.text(row.note),
  };
}

function socketWords({ from, sockets }: Row): string {
  const socket = from === null ? null : sockets[from];
  return socket === null ? "" : ` ${socket}`;
}

export function toldFinding(finding: Finding, redactor: Redactor): Readonly<Record<string, unknown>> {
  return {
    id: finding.id,
    severity: finding.severity,
    text: redactor.text(finding.text),
    advice: finding.advice,
    tap: finding.tapName,
    link: finding.link,
    evidence: finding.evidence,
    count: finding.count,
    first: new Date(finding.firstMs).toISOString(),
    last: new Date(finding.lastMs).toISOString(),
    isOpen: finding.isOpen,
    endpoint: finding.endpoint,
  };
}

export function toldPending(request: PendingRequest, redactor: Redactor): Readonly<Record<string, unknown>> {
  return {
    row: request.n,
    tap: request.tapName,
    link: request.link,
    peer: request.peer,
    method: redactor.preview(request.method),
    since: new Date(request.sinceMs).toISOString(),
    cause: request.cause,
  };
}

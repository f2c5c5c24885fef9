import { pack } from "msgpackr";
import type { Subject, SubjectLink, SubjectSaid } from "../../src/proxy/filter/subject.ts";
import { KINDS } from "../../src/proxy/filter/subject.ts";
import { type FindingId, FINDINGS } from "../../src/shared/findingKinds.ts";
import { type RowFinding, SEVERITIES } from "../../src/shared/findings.ts";
import { EXCHANGES, ORIGINS, STATUSES } from "../../src/shared/model.ts";

export type PlainLink = Required<SubjectLink>;

/** A row as plain data, the way a person would write it down. */
export type PlainRow = {
  readonly n: number;
  readonly kind: (typeof KINDS)[number];
  readonly dir: "c2s" | "s2c" | null;
  readonly link: PlainLink | null;
  readonly tap: string;
  readonly origin: (typeof ORIGINS)[number];
  readonly exchange: (typeof EXCHANGES)[number];
  readonly guessed: boolean;
  readonly timeNs: number;
  readonly frames: readonly Uint8Array[];
  readonly latencyNs: number | null;
  readonly copies: number;
  readonly pinned: boolean;
  readonly note: string;
  readonly event: string;
  readonly topicText: string;
  readonly preview: string;
  readonly isPubSub: boolean;
  readonly late: boolean;
  readonly dup: boolean;
  readonly heartbeat: boolean;
  readonly said: SubjectSaid | null;
  readonly status: (typeof STATUSES)[number];
  readonly finding: RowFinding | null;
};

/** 2026-11-25 12:00 UTC. */
export const ANCHOR_MS = 1_795_608_000_000;
export const NOW_NS = 10e9;

const ROW: PlainRow = {
  n: 1,
  kind: "message",
  dir: "c2s",
  link: null,
  tap: "orders",
  origin: "wire",
  exchange: "none",
  guessed: false,
  timeNs: 0,
  frames: [],
  latencyNs: null,
  copies: 0,
  pinned: false,
  note: "",
  event: "",
  topicText: "",
  preview: "",
  isPubSub: false,
  late: false,
  dup: false,
  heartbeat: false,
  said: null,
  status: "none",
  finding: null,
};

export const LINK: PlainLink = {
  link: 3,
  tapName: "orders",
  client: "127.0.0.1:40001",
  server: "10.1.2.3:5555",
  sockets: { client: "DEALER", server: "ROUTER" },
  identity: { client: "worker-1", server: "" },
  mechanism: "NULL",
  isDecrypted: false,
};

/** A row on a link, with what is given; frames of text are UTF-8. */
export function row(
  parts: Partial<Omit<PlainRow, "frames">> & { frames?: readonly (string | Uint8Array)[] } = {},
): PlainRow {
  const frames = (parts.frames ?? []).map((frame) => (typeof frame === "string" ? Buffer.from(frame) : frame));
  return { ...ROW, link: LINK, ...parts, frames };
}

/** The row as the engine shows it to filters. */
export function toSubject(plain: PlainRow): Subject {
  // Views into a larger block, as in the capture.
  const views = plain.frames.map((frame) => new Uint8Array(Buffer.concat([Buffer.from("<"), frame, Buffer.from(">")])));
  const frame = (index: number): Uint8Array | null => {
    const view = views.at(index);
    const isThere = index < views.length && index >= -views.length;
    return isThere && view !== undefined ? view.subarray(1, view.length - 1) : null;
  };
  return {
    n: plain.n,
    kind: KINDS.indexOf(plain.kind),
    direction: plain.dir === null ? -1 : plain.dir === "c2s" ? 0 : 1,
    link: plain.link,
    tapName: plain.tap,
    origin: ORIGINS.indexOf(plain.origin),
    exchange: EXCHANGES.indexOf(plain.exchange),
    guessed: plain.guessed,
    timeNs: plain.timeNs,
    nowNs: NOW_NS,
    anchorMs: ANCHOR_MS,
    sizeBytes: plain.frames.reduce((sum, one) => sum + one.length, 0),
    frames: plain.frames.length,
    latencyNs: plain.latencyNs ?? -1,
    copies: plain.copies,
    isLate: plain.late,
    isDuplicate: plain.dup,
    isHeartbeat: plain.heartbeat,
    said: () => plain.said,
    status: () => plain.status,
    finding: () => plain.finding,
    isPinned: plain.pinned,
    note: plain.note,
    event: plain.event,
    frame,
    topicText: () => plain.topicText,
    preview: () => plain.preview,
    topic: () => (plain.isPubSub ? frame(0) : null),
  };
}

type Random = (below: number) => number;
export type Pick = <T>(items: readonly T[]) => T;

/** Values that many rows share, so that filters made of them hit something. */
export const WORDS = [
  "bob",
  "Bob",
  "md.EUR",
  "md.USD",
  "alice",
  "a b",
  'say "x"',
  "grüße",
  "back\\slash",
  "10",
  "0",
  "",
];
const JSON_VALUES: readonly unknown[] = [
  ...WORDS,
  0,
  1,
  2.5,
  -3,
  1e21,
  true,
  false,
  null,
  [],
  {},
  [1, "bob", [2]],
  { user: "bob", id: 7 },
  "tab\tand \u0001",
];
export const NAMES = ["user", "id", "list", "deep", "first name", "größe"];

export function randomRow(random: Random): PlainRow {
  const pick: Pick = (items) => items[random(items.length)]!;
  const dir = pick(["c2s", "s2c", null] as const);
  const kind = pick<PlainRow["kind"]>(["message", "message", "message", ...KINDS]);
  const frames = kind === "message" ? Array.from({ length: random(4) }, () => randomFrame(random, pick)) : [];
  const isPubSub = random(2) === 0;
  return row({
    n: 1 + random(20),
    kind,
    dir,
    link: pick([null, LINK, randomLink(random, pick), randomLink(random, pick)]),
    tap: pick(WORDS),
    origin: pick(ORIGINS),
    exchange: pick(EXCHANGES),
    guessed: random(2) === 0,
    timeNs: random(1000) * 1e7,
    frames,
    latencyNs: random(2) === 0 ? null : random(50) * 1e6,
    copies: random(3),
    pinned: random(2) === 0,
    note: pick(WORDS),
    event: kind === "command" ? pick(["ping", "pong", "subscribe", "unsubscribe", "command"]) : "",
    topicText: pick(WORDS),
    preview: pick(WORDS) + pick(WORDS),
    isPubSub,
    late: random(4) === 0,
    dup: random(4) === 0,
    heartbeat: random(4) === 0,
    said:
      kind === "message" && random(2) === 0
        ? { dialect: pick(["json-rpc", "zerorpc"]), method: pick(WORDS), id: pick([null, "1", "bob"]) }
        : null,
    status: pick(STATUSES),
    finding: random(2) === 0 ? null : { ids: [pick(FOUND), pick(FOUND)].slice(random(2)), severity: pick(SEVERITIES) },
  });
}

const FOUND = Object.keys(FINDINGS).slice(0, 4) as FindingId[];

function randomLink(random: Random, pick: Pick): PlainLink {
  const address = (): string =>
    pick(["127.0.0.1:40001", "127.0.0.1:5555", "10.1.2.3:5555", "10.9.0.1:40001", "[::1]:5555", "ipc:///tmp/a"]);
  return {
    link: random(6),
    tapName: pick(WORDS),
    client: address(),
    server: address(),
    sockets: { client: pick(["REQ", "SUB", null]), server: pick(["ROUTER", "PUB", null]) },
    identity: { client: pick(["", "worker-1", "0x00ff", "bob"]), server: pick(["", "bob", "0x01"]) },
    mechanism: pick([null, "NULL", "CURVE"]),
    isDecrypted: random(2) === 0,
  };
}

function randomFrame(random: Random, pick: Pick): Uint8Array {
  switch (random(5)) {
    case 0:
      return Buffer.from(pick(WORDS));
    case 1:
      return Buffer.from(JSON.stringify(randomValue(random, pick, 3), null, random(2)));
    case 2:
      return pack(randomValue(random, pick, 3));
    case 3:
      return Buffer.from(pick(WORDS) + "x".repeat(random(200)) + pick(WORDS));
    default:
      return Uint8Array.from({ length: random(5) }, () => pick([0, 1, 0x62, 0x80, 0xff]));
  }
}

function randomValue(random: Random, pick: Pick, depth: number): unknown {
  const kind = depth === 0 ? 0 : random(4);
  if (kind === 0) return pick(JSON_VALUES);
  const items = Array.from({ length: random(4) }, () => randomValue(random, pick, depth - 1));
  if (kind === 1) return items;
  return Object.fromEntries(items.map((item) => [pick(NAMES), item]));
}

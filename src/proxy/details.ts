import type { DecoderName, FrameInfo, MessageDetail, SocketPair, Verdict } from "../shared/model.ts";
import { verdictFacts } from "../shared/verdictText.ts";
import type { Capture, KnownLink } from "./capture/capture.ts";
import { guess } from "./decode/guess.ts";
import { frameRoles } from "./envelope.ts";
import { eventDetail } from "./eventDetail.ts";
import { rowOf } from "./rows.ts";
import { visibleText } from "./visibleText.ts";

type Fact = { readonly label: string; readonly value: string };

const MAX_FRAMES = 1000;
/** Octets of a frame that its decoder is guessed from. */
const GUESS_BYTES = 2048;
const MAX_FACTS = 100;
const VALUE_CHARS = 4000;
const ORIGIN_WORDS = {
  wire: "the programs themselves",
  replay: "a replay",
  call: "a call",
  bridge: "a bridge",
  watch: "Watch All Topics",
};

/** Everything about row `n` but its octets; undefined when it is not kept. */
export function toDetail(capture: Capture, n: number): MessageDetail | undefined {
  const raw = capture.row(n);
  if (raw === undefined) return undefined;
  const row = rowOf(capture, raw);
  const link = raw.link === null ? [] : linkFacts(raw.link, row.origin);
  if (row.kind === "event") {
    return { row, frames: [], moreFrames: 0, link, event: eventFacts(eventDetail(capture, raw)), said: null };
  }
  const { frames, more } = capture.framePrefixes(n, MAX_FRAMES, GUESS_BYTES);
  const roles =
    row.kind === "encrypted"
      ? []
      : frameRoles(
          frames.map((frame) => frame.sizeBytes),
          ...ends(row.sockets, row.from),
        );
  const infos = frames.map(({ sizeBytes, keptBytes, prefix }, frame): FrameInfo => {
    const decoder: DecoderName = row.kind === "encrypted" ? "hex" : guess(prefix, prefix.length < sizeBytes);
    return { frame, sizeBytes, keptBytes, role: roles[frame] ?? "payload", decoder };
  });
  return { row, frames: infos, moreFrames: more, link, event: [], said: capture.talk.detailOf(n) };
}

function ends(sockets: SocketPair, from: "client" | "server" | null): [SocketPair["client"], SocketPair["client"]] {
  return from === "server" ? [sockets.server, sockets.client] : [sockets.client, sockets.server];
}

function linkFacts(link: KnownLink, origin: keyof typeof ORIGIN_WORDS): Fact[] {
  const { info } = link;
  // What the handshake told begins with the peers; before it, their addresses are all that is known.
  const peers = [
    { label: "Client", value: info.client },
    { label: "Server", value: info.server },
  ].filter(({ label }) => !link.facts.some((fact) => fact.label === label));
  const facts: Fact[] = [
    { label: "Sent by", value: ORIGIN_WORDS[origin] },
    { label: "Number", value: String(info.link) },
    ...peers,
    ...link.facts,
  ];
  return facts.map(({ label, value }) => ({ label, value: visibleText(value, VALUE_CHARS) }));
}

/** What an event says, its verdict first and in words. The steps of a handshake stand with the facts of its link. */
function eventFacts(detail: Readonly<Record<string, unknown>>): Fact[] {
  const { verdict, ...others } = detail;
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => name !== "steps"));
  if (typeof verdict !== "object" || verdict === null) return flatten(rest);
  const { sentence, advice, retries, leg } = verdict as Partial<Verdict>;
  const said = verdictFacts({
    sentence: sentence ?? "",
    advice: advice ?? "",
    retries: retries ?? null,
    leg: leg ?? null,
  });
  return [...said.map(({ label, value }) => ({ label, value: visibleText(value, VALUE_CHARS) })), ...flatten(rest)];
}

/** Nested data as lines: `Client socket`, `Client version`. Empty values are left out. */
function flatten(detail: Readonly<Record<string, unknown>>): Fact[] {
  const facts: Fact[] = [];
  const add = (label: string, value: unknown, depth: number): void => {
    if (facts.length >= MAX_FACTS || value === null || value === undefined || value === "") return;
    if (typeof value === "boolean") {
      facts.push(fact(label, value ? "yes" : "no"));
    } else if (typeof value !== "object" || depth > 4) {
      facts.push(fact(label, typeof value === "string" ? value : JSON.stringify(value)));
    } else {
      for (const [name, item] of Object.entries(value)) add(`${label} ${inWords(name)}`.trim(), item, depth + 1);
    }
  };
  add("", detail, 0);
  return facts;
}

function fact(label: string, value: string): Fact {
  const capital = label.slice(0, 1).toUpperCase() + label.slice(1);
  return { label: visibleText(capital, 80), value: visibleText(value, VALUE_CHARS) };
}

/** `bytesLost` as `bytes lost`, `ttlMs` as `ttl ms`. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

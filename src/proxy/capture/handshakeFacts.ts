import { describeSteps } from "../../shared/handshakeSteps.ts";
import type { Verdict } from "../../shared/model.ts";
import { verdictFacts } from "../../shared/verdictText.ts";
import type { HandshakeDetail } from "../wire/linkSink.ts";
import { SPOKEN_NAME } from "../wire/metadata.ts";
import type { CapturedLink } from "./capturedLink.ts";

/** Verdicts on a handshake that is done and needs no word. */
const FINE: ReadonlySet<string> = new Set(["connected", "older-zmtp"]);

/** The verdict if it tells of something wrong, else `null`. */
export function problemOf(verdict: Verdict | null): Verdict | null {
  return verdict === null || FINE.has(verdict.id) ? null : verdict;
}

/** Hands a captured link what its handshake told: sockets, identities, framing. */
export function adoptHandshake(captured: CapturedLink, detail: HandshakeDetail, isDecrypted: boolean): void {
  captured.sockets = detail.sockets;
  captured.mechanism = mechanismOf(detail);
  captured.isDecrypted = isDecrypted;
  captured.identity = identitiesOf(detail);
  captured.framing = detail.version === "1.0" ? "zmtp1" : detail.version === "2.0" ? "zmtp2" : "zmtp3";
}

/** READY's word for what a link really speaks that is kept as a ZMTP link; `null` for ZMTP itself. */
export function spokenIn(detail: HandshakeDetail): string | null {
  return detail.client.metadata[SPOKEN_NAME] ?? null;
}

/** A link's mechanism, and HTTP for one that has none since it is HTTP. */
export function mechanismOf(detail: HandshakeDetail): string | null {
  return spokenIn(detail) === null ? detail.mechanism : "HTTP";
}

/** Identities of both peers as text; empty where there is none. */
export function identitiesOf(detail: HandshakeDetail): { client: string; server: string } {
  return { client: identityText(detail.client.identityHex), server: identityText(detail.server.identityHex) };
}

/** An identity as text where it is printable UTF-8, else as hex behind `0x`; empty for none. */
export function identityText(hex: string): string {
  if (hex === "") return "";
  const bytes = Buffer.from(hex, "hex");
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes) && !/\p{Cc}/u.test(text);
  return isText ? text : `0x${hex}`;
}

/** A handshake event's detail, as it is stored and printed. */
export function handshakeRow(detail: HandshakeDetail, verdict: Verdict | null): object {
  // There was no handshake, and no ZMTP.
  if (spokenIn(detail) !== null)
    return { ...detail, version: null, mechanism: mechanismOf(detail), steps: [], verdict: null };
  if (verdict === null) return detail;
  const { isCertain, offersProbe, ...said } = verdict;
  return { ...detail, verdict: { ...said, certain: isCertain, probe: offersProbe } };
}

/** What a handshake told, as labelled lines for the detail of a message. */
export function handshakeFacts(
  detail: HandshakeDetail,
  addresses: { readonly client: string; readonly server: string },
  verdict: Verdict | null,
): { label: string; value: string }[] {
  const facts: { label: string; value: string }[] = [];
  for (const [label, peer, address] of [
    ["Client", detail.client, addresses.client],
    ["Server", detail.server, addresses.server],
  ] as const) {
    const identity = identityText(peer.identityHex);
    const said = [address, peer.socket ?? "", identity && `identity ${identity}`];
    facts.push({ label, value: said.filter((part) => part !== "").join(", ") });
    // Only where the two differ is it news which version each side speaks.
    if (peer.version !== null && detail.client.version !== detail.server.version) {
      facts.push({ label: `${label} speaks`, value: `ZMTP ${peer.version}` });
    }
    for (const [name, value] of Object.entries(peer.metadata)) {
      if (name !== SPOKEN_NAME) facts.push({ label: `${label} ${name}`, value });
    }
  }
  const spoken = spokenIn(detail);
  if (spoken !== null) return [...facts, { label: "Protocol", value: `${spoken}, shown as REQ and REP` }];
  facts.push(
    { label: "Protocol", value: detail.version === null ? "not ZMTP" : `ZMTP ${detail.version}` },
    { label: "Security", value: securityWords(detail) },
  );
  if (detail.rekeyed?.clientKey != null) facts.push({ label: "Client's key", value: detail.rekeyed.clientKey });
  if (detail.rekeyed?.isHostOrder === true) {
    facts.push({ label: "Nonces", value: "counted as libzmq 4.0 does, in the order of its machine" });
  }
  if (detail.user !== undefined) facts.push({ label: "User", value: detail.user });
  facts.push(...describeSteps(detail.steps));
  if (verdict !== null) facts.push(...verdictFacts(verdict));
  return facts;
}

function securityWords({ mechanism, rekeyed }: HandshakeDetail): string {
  if (rekeyed === undefined) return mechanism ?? "unknown";
  const { client, server } = rekeyed;
  if (client === server) return `${client ?? "unknown"}, read with the tap's keys`;
  return `${client ?? "unknown"} towards the client, ${server ?? "unknown"} towards the server`;
}

import type { ProbeResult } from "./model.ts";

/** What probing does, for whoever is about to do it. */
export const PROBE_WARNING =
  "Probing opens a few short connections to that server, and ends each before the server takes it for a peer. " +
  "A server on libzmq 4.2.0 to 4.3.2 may all the same hand messages to such a connection, which are then lost.";

/** The result in one sentence. */
export function probeSummary(result: ProbeResult): string {
  const { endpoint, name, problem, version } = result;
  switch (result.kind) {
    case "zmtp":
      return `${endpoint} is a ZeroMQ server: ${[`ZMTP ${version ?? "of an unknown version"}`, ...security(result)].join(", ")}.`;
    case "tls":
      return `${endpoint} is no ZeroMQ server: it speaks TLS.`;
    case "http":
    case "other":
      return name === "not ZeroMQ"
        ? `${endpoint} is no ZeroMQ server: it speaks another protocol.`
        : `${endpoint} is no ZeroMQ server: it is ${name}.`;
    case "silent":
      return `${endpoint} accepts connections and says nothing: a server that hangs, or one of another protocol.`;
    case "closed":
      return `${endpoint} accepts connections and closes them: a port forwarder with no server behind it, or a server that filters by address.`;
    case "nothing":
      return `${endpoint} cannot be reached: ${problem}.`;
  }
}

function security({ mechanism, socket, access, refusal }: ProbeResult): string[] {
  const parts = mechanism === null ? [] : [mechanism];
  const why = refusal === null || refusal === "" ? "" : ` (${refusal})`;
  if (socket !== null) parts.push(`a ${socket} socket`);
  if (access === "accepted")
    parts.push(socket === null ? "credentials accepted, socket type unknown" : "credentials accepted");
  if (access === "refused")
    parts.push(mechanism === "NULL" ? `this address is refused${why}` : `credentials refused${why}`);
  if (access === "unknown") parts.push("credentials accepted or socket type unknown: it did not say");
  return parts;
}

/** The result in labelled lines. */
export function probeFacts(result: ProbeResult): { readonly label: string; readonly value: string }[] {
  if (result.kind !== "zmtp") return [];
  const { version, mechanism, socket, access } = result;
  const asks = mechanism === "CURVE" || mechanism === "PLAIN";
  const facts = [
    { label: "Protocol", value: version === null ? "" : `ZMTP ${version} (${libzmqOf(version)})` },
    { label: "Security", value: mechanism ?? (version === null ? "" : "none: ZMTP before 3.0 has none") },
    {
      label: "Socket",
      value:
        socket ?? (asks && access === "not-tried" ? "told only to clients with the right keys or password" : "unknown"),
    },
    { label: "Access", value: accessWords(result) },
  ];
  return facts.filter(({ value }) => value !== "");
}

function accessWords({ access, refusal, mechanism }: ProbeResult): string {
  switch (access) {
    case "accepted":
      return "the server let the credentials in";
    case "refused":
      return `the server refused ${mechanism === "NULL" ? "this address" : "the credentials"} (${refusal === null || refusal === "" ? "no reason given" : refusal})`;
    case "unknown":
      return "accepted, or the socket type did not fit: the server did not say";
    case "not-tried":
      return "";
  }
}

function libzmqOf(version: string): string {
  switch (version) {
    case "1.0":
      return "libzmq before 3.2";
    case "2.0":
      return "libzmq 3.2";
    case "3.0":
      return "libzmq 4.0 to 4.3.2";
    case "3.1":
      return "libzmq 4.3.3 or later";
    default:
      return "another library";
  }
}

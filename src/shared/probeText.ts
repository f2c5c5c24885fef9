import { t } from "./l10n.ts";
import type { ProbeResult } from "./model.ts";

/** What probing does, for whoever is about to do it. */
export const PROBE_WARNING = [
  t("Probing opens a few short connections to that server, and ends each before the server takes it for a peer."),
  t("A server on libzmq 4.2.0 to 4.3.2 may all the same hand messages to such a connection, which are then lost."),
].join(" ");

/** The result in one sentence. */
export function probeSummary(result: ProbeResult): string {
  const { endpoint, name, problem, version } = result;
  switch (result.kind) {
    case "zmtp":
      return t(
        "{0} is a ZeroMQ server: {1}.",
        endpoint,
        [version === null ? t("ZMTP of an unknown version") : `ZMTP ${version}`, ...security(result)].join(", "),
      );
    case "tls":
      return t("{0} is no ZeroMQ server: it speaks TLS.", endpoint);
    case "http":
    case "other":
      return name === "not ZeroMQ"
        ? t("{0} is no ZeroMQ server: it speaks another protocol.", endpoint)
        : t("{0} is no ZeroMQ server: it is {1}.", endpoint, name);
    case "silent":
      return t("{0} accepts connections and says nothing: a server that hangs, or one of another protocol.", endpoint);
    case "closed":
      return t(
        "{0} accepts connections and closes them: a port forwarder with no server behind it, or a server that filters by address.",
        endpoint,
      );
    case "nothing":
      return t("{0} cannot be reached: {1}.", endpoint, problem);
  }
}

function security({ mechanism, socket, access, refusal }: ProbeResult): string[] {
  const parts = mechanism === null ? [] : [mechanism];
  const why = refusal === null || refusal === "" ? "" : ` (${refusal})`;
  if (socket !== null) parts.push(t("a {0} socket", socket));
  if (access === "accepted")
    parts.push(socket === null ? t("credentials accepted, socket type unknown") : t("credentials accepted"));
  if (access === "refused")
    parts.push((mechanism === "NULL" ? t("this address is refused") : t("credentials refused")) + why);
  if (access === "unknown") parts.push(t("credentials accepted or socket type unknown: it did not say"));
  return parts;
}

/** The result in labelled lines. */
export function probeFacts(result: ProbeResult): { readonly label: string; readonly value: string }[] {
  if (result.kind !== "zmtp") return [];
  const { version, mechanism, socket, access } = result;
  const asks = mechanism === "CURVE" || mechanism === "PLAIN";
  const facts = [
    { label: t("Protocol"), value: version === null ? "" : `ZMTP ${version} (${libzmqOf(version)})` },
    { label: t("Security"), value: mechanism ?? (version === null ? "" : t("none: ZMTP before 3.0 has none")) },
    {
      label: t("Socket"),
      value:
        socket ??
        (asks && access === "not-tried" ? t("told only to clients with the right keys or password") : t("unknown")),
    },
    { label: t("Access"), value: accessWords(result) },
  ];
  return facts.filter(({ value }) => value !== "");
}

function accessWords({ access, refusal, mechanism }: ProbeResult): string {
  switch (access) {
    case "accepted":
      return t("the server let the credentials in");
    case "refused":
      return t(
        mechanism === "NULL" ? "the server refused this address ({0})" : "the server refused the credentials ({0})",
        refusal === null || refusal === "" ? t("no reason given") : refusal,
      );
    case "unknown":
      return t("accepted, or the socket type did not fit: the server did not say");
    case "not-tried":
      return "";
  }
}

function libzmqOf(version: string): string {
  switch (version) {
    case "1.0":
      return t("libzmq before 3.2");
    case "2.0":
      return "libzmq 3.2";
    case "3.0":
      return t("libzmq 4.0 to 4.3.2");
    case "3.1":
      return t("libzmq 4.3.3 or later");
    default:
      return t("another library");
  }
}

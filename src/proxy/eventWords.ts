import type { EventName, SocketPair } from "../shared/model.ts";
import { SPOKEN_NAME } from "./wire/metadata.ts";

/** What an event is about, and the event in one line; neither is shortened yet. */
export type EventWords = { readonly topic: string; readonly preview: string };

type Detail = Readonly<Record<string, unknown>>;

/**
 * Says an event in the words of a ZeroMQ user. Takes events of any name and details of any shape, since files that others
 * wrote or that were damaged hold them as JSON.
 */
export function eventWords(name: EventName, detail: Detail, sockets: SocketPair): EventWords {
  if (!Object.hasOwn(describe, name)) return { topic: "", preview: "an event that is not known here" };
  const words = describe[name](detail, sockets);
  const { count, forMs } = detail;
  const span = typeof forMs === "number" ? ` in ${(forMs / 1000).toFixed(1)} s` : "";
  const folded = typeof count === "number" && count > 1 ? ` (${count} times${span})` : "";
  return { topic: words.topic, preview: words.preview + folded };
}

const PROBLEMS: ReadonlySet<EventName> = new Set<EventName>([
  "fault",
  "error-command",
  "server-down",
  "refused",
  "gap",
]);

/** Whether an event is one that users look for when something does not work. */
export function isProblem(name: EventName, detail: Detail): boolean {
  return (
    PROBLEMS.has(name) ||
    (name === "intervention" && detail["what"] === "powerless") ||
    (name === "handshake" && (detail["state"] !== "done" || isNews(record(detail["verdict"]))))
  );
}

const describe: Record<EventName, (detail: Detail, sockets: SocketPair) => EventWords> = {
  "link-opened": (detail) => {
    const origin = text(detail["origin"]);
    const by =
      origin === "" || origin === "wire" ? "" : ` for ${origin === "watch" ? "Watch All Topics" : `a ${origin}`}`;
    return {
      topic: text(detail["client"]),
      preview: `link opened from ${text(detail["client"])} to ${text(detail["server"])}${by}`,
    };
  },
  handshake: (detail) => handshakeWords(detail),
  subscribe: (detail) => topicWords("subscribe", detail),
  unsubscribe: (detail) => topicWords("unsubscribe", detail),
  ping: (detail) => ({ topic: "", preview: `ping, answer wanted within ${text(detail["ttlMs"])} ms` }),
  pong: () => ({ topic: "", preview: "pong" }),
  command: (detail) => ({
    topic: text(detail["name"]),
    preview: `command ${text(detail["name"]) || "without a name"}`,
  }),
  "error-command": (detail) => ({
    topic: text(detail["reason"]),
    preview: `error ${text(detail["reason"]) || "without a reason"}, sent by the ${text(detail["from"]) || "peer"}`,
  }),
  "server-down": (detail) => {
    const reason = text(detail["reason"] ?? detail["message"]);
    const isBack = detail["state"] === "back";
    const why = reason === "" || isBack ? "" : `: ${reason}`;
    return { topic: text(detail["server"]), preview: isBack ? "the server is back" : `the server is down${why}` };
  },
  gap: (detail) => {
    const message = text(detail["message"]);
    if (message !== "") return { topic: text(detail["from"]), preview: `gap: ${message}` };
    const lost = detail["count"] ?? detail["missed"] ?? detail["messages"] ?? detail["rows"];
    const why = text(detail["reason"]);
    const what = lost === undefined ? "gap: rows are missing here" : `gap: ${text(lost)} rows are missing here`;
    return { topic: "", preview: why === "" ? what : `${what}, since ${why}` };
  },
  fault: (detail) => ({
    topic: text(detail["code"]),
    preview: text(detail["message"]) || `this link cannot be read any further (${text(detail["code"])})`,
  }),
  refused: (detail) => {
    const [what, from] = [text(detail["what"]), text(detail["from"])];
    const preview = `${what === "" ? "" : `${what} `}refused: ${text(detail["reason"])}${from === "" ? "" : ` (${from})`}`;
    return { topic: text(detail["endpoint"]) || from, preview };
  },
  intervention: (detail) => {
    const what = text(detail["what"]);
    return { topic: text(detail["topic"]) || text(detail["kind"]), preview: interventionWords(what, detail) };
  },
  capturing: (detail) => {
    if (detail["state"] !== "started") return { topic: "stopped", preview: "capturing stopped; the tap only relays" };
    const passed = Number(detail["messages"] ?? 0);
    const messages = `${passed} ${passed === 1 ? "message" : "messages"}`;
    return { topic: "started", preview: `capturing started again; ${messages} passed by meanwhile` };
  },
  "link-closed": (detail) => {
    const by = text(detail["by"]);
    const how = detail["reset"] === true ? ", connection reset" : "";
    const count = Number(detail["messages"] ?? 0);
    const lost = Number(detail["bytesLost"] ?? 0);
    const messages = `${count} ${count === 1 ? "message" : "messages"}`;
    return {
      topic: by,
      preview: `link closed${by === "" ? "" : ` by the ${by}`}${how}, after ${messages}${lost > 0 ? `; ${lost} octets could not be delivered` : ""}`,
    };
  },
};

function interventionWords(what: string, detail: Detail): string {
  const spec = text(detail["spec"]);
  const message = text(detail["preview"]);
  const behind = message === "" ? "" : `: ${message}`;
  const ms = Number(detail["ms"] ?? 0);
  const after = ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms} ms`;
  switch (what) {
    case "started":
      return `intervention started: ${spec}`;
    case "stopped":
      return `intervention stopped: ${spec}, which acted ${detail["acts"] === 1 ? "once" : `${text(detail["acts"])} times`}`;
    case "powerless":
      return `intervention does nothing here (${spec}): ${text(detail["reason"])}`;
    case "released":
      return `released after ${after}${behind}`;
    case "edited":
      return `released edited after ${after}${behind}`;
    case "delayed":
    case "throttled":
      return `${what} by ${after}${behind}`;
    case "reordered":
      return `${text(detail["messages"])} messages reordered, before${behind}`;
    case "passed":
      return `passed, since it is too long to be held${behind}`;
    case "frozen":
      return `nothing is read of the ${text(detail["from"])} (${spec})`;
    case "cut":
      return message === "" ? `link cut (${spec})` : `link cut before${behind}`;
    default:
      return `${what}${behind}`;
  }
}

function handshakeWords(detail: Detail): EventWords {
  const pair = record(detail["sockets"]);
  const client = text(pair["client"] ?? record(detail["client"])["socket"]) || "?";
  const server = text(pair["server"] ?? record(detail["server"])["socket"]) || "?";
  // CURVE tells the types inside its boxes only.
  const isUntold = client === "?" && server === "?";
  const about = isUntold ? "" : `${client} → ${server}`;
  const spoken = text(record(record(detail["client"])["metadata"])[SPOKEN_NAME]);
  if (spoken !== "") return { topic: about, preview: `${spoken}, shown as ${about}` };
  const version = text(detail["version"]);
  const facts = [about, version && `ZMTP ${version}`, text(detail["mechanism"])]
    .filter((fact) => fact !== "")
    .join(", ");
  const verdict = record(detail["verdict"]);
  const sentence = text(verdict["sentence"]);
  if (detail["state"] === "done") {
    return { topic: about, preview: `handshake ${facts}${isNews(verdict) ? `: ${sentence}` : ""}` };
  }
  // A row of many failures belongs to no link, so it says whose they were.
  const whose = text(detail["from"]) === "" ? "" : ` for ${text(detail["from"])}`;
  const how = detail["state"] === "waiting" ? "stands still" : "failed";
  return { topic: about || text(verdict["id"]), preview: `handshake ${how}${whose}: ${sentence || facts}` };
}

/** The facts of a handshake that is done say that it is connected; more than that is news. */
function isNews(verdict: Detail): boolean {
  return text(verdict["sentence"]) !== "" && verdict["id"] !== "connected" && verdict["id"] !== "older-zmtp";
}

function topicWords(verb: string, detail: Detail): EventWords {
  const topic = text(detail["text"]);
  const everything = detail["topic"] === "" || (detail["topic"] === undefined && topic === "");
  if (everything)
    return { topic: "", preview: verb === "subscribe" ? "subscribe to everything" : "unsubscribe from everything" };
  return { topic, preview: `${verb} ${topic}` };
}

function record(value: unknown): Detail {
  return typeof value === "object" && value !== null ? (value as Detail) : {};
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

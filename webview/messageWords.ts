import { isPublication } from "../src/shared/channelKey.ts";
import { readChoice } from "../src/shared/decoderChoice.ts";
import type { DecoderChoice, DecoderName, EventName, Row } from "../src/shared/model.ts";
import { t } from "../src/shared/l10n.ts";

const EVENTS: Readonly<Record<EventName, string>> = {
  "link-opened": "Link opened",
  handshake: "Handshake",
  subscribe: "Subscribe",
  unsubscribe: "Unsubscribe",
  ping: "Ping",
  pong: "Pong",
  command: "Command",
  "error-command": "Error command",
  "server-down": "Server down",
  gap: "Gap in the log",
  fault: "Fault",
  refused: "Refused",
  intervention: "Intervention",
  "link-closed": "Link closed",
};

export const DECODER_WORDS: Readonly<Record<DecoderName, string>> = {
  json: "JSON",
  msgpack: "MessagePack",
  cbor: "CBOR",
  xml: "XML",
  numpy: "NumPy",
  pickle: "Pickle",
  image: "Image",
  text: "Text",
  hex: "Hex",
  numbers: "Numbers",
  struct: "Struct",
  protobuf: "Protobuf",
  own: "Own decoder",
};

/** What a choice is called in the list of decoders: `Text, shift_jis`, `int16, little-endian`, `weather.Update`. */
export function choiceWords(choice: DecoderChoice): string {
  const { decoder, option } = readChoice(choice) ?? { decoder: "hex", option: "" };
  if (option === "") return DECODER_WORDS[decoder];
  switch (decoder) {
    case "numbers":
      return option.replace("-le", `, ${t("little-endian")}`).replace("-be", `, ${t("big-endian")}`);
    case "text":
      return `Text, ${option}`;
    case "protobuf":
      return option;
    default:
      return `${DECODER_WORDS[decoder]} ${option}`;
  }
}

/** What a row is, as a title. */
export function rowTitle(row: Row): string {
  if (row.kind === "event") return row.event === null ? "Event" : EVENTS[row.event];
  if (row.kind === "encrypted") return "Encrypted frame";
  switch (row.exchange) {
    case "pending":
    case "answered":
    case "abandoned":
    case "lost":
      return "Request";
    case "reply":
    case "unasked":
      return "Reply";
    case "none":
      return isPublication(row) ? "Publication" : "Message";
  }
}

/** What became of an exchange, as a sentence; empty where there is nothing to say or the partner says it. */
export function exchangeSentence(row: Row): string {
  switch (row.exchange) {
    case "pending":
      return "Still waiting for its reply.";
    case "abandoned":
      return "Abandoned: the requester asked again before a reply came.";
    case "lost":
      return "No reply: the connection closed first.";
    case "unasked":
      return "Nothing was asked: no request was open on this link.";
    case "answered":
    case "reply":
    case "none":
      return "";
  }
}

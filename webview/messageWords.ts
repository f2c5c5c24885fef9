import { isPublication } from "../src/shared/channelKey.ts";
import { readChoice } from "../src/shared/decoderChoice.ts";
import type { DecoderChoice, DecoderName, EventName, Row } from "../src/shared/model.ts";
import { t } from "../src/shared/l10n.ts";

const EVENTS: Readonly<Record<EventName, string>> = {
  "link-opened": t("Link opened"),
  handshake: t("Handshake"),
  subscribe: t("Subscribe"),
  unsubscribe: t("Unsubscribe"),
  ping: "Ping",
  pong: "Pong",
  command: "Command",
  "error-command": t("Error command"),
  "server-down": t("Server down"),
  gap: t("Gap in the log"),
  fault: t("Fault"),
  refused: t("Refused"),
  intervention: t("Intervention"),
  capturing: t("Capturing"),
  "link-closed": t("Link closed"),
};

export const DECODER_WORDS: Readonly<Record<DecoderName, string>> = {
  json: "JSON",
  msgpack: "MessagePack",
  cbor: "CBOR",
  xml: "XML",
  numpy: "NumPy",
  pickle: "Pickle",
  image: t("Image"),
  text: t("Text"),
  hex: "Hex",
  numbers: t("Numbers"),
  struct: t("Struct"),
  protobuf: "Protobuf",
  own: t("Own decoder"),
};

/** What a choice is called in the list of decoders: `Text, shift_jis`, `int16, little-endian`, `weather.Update`. */
export function choiceWords(choice: DecoderChoice): string {
  const { decoder, option } = readChoice(choice) ?? { decoder: "hex", option: "" };
  if (option === "") return DECODER_WORDS[decoder];
  switch (decoder) {
    case "numbers":
      return option.replace("-le", `, ${t("little-endian")}`).replace("-be", `, ${t("big-endian")}`);
    case "text":
      return t("Text, {0}", option);
    case "protobuf":
      return option;
    default:
      return `${DECODER_WORDS[decoder]} ${option}`;
  }
}

/** What a row is, as a title. */
export function rowTitle(row: Row): string {
  if (row.kind === "event") return row.event === null ? t("Event") : EVENTS[row.event];
  if (row.kind === "encrypted") return t("Encrypted frame");
  switch (row.exchange) {
    case "pending":
    case "answered":
    case "abandoned":
    case "lost":
      return t("Request");
    case "reply":
    case "unasked":
      return t("Reply");
    case "none":
      return isPublication(row) ? t("Publication") : t("Message");
  }
}

/** What became of an exchange, as a sentence; empty where there is nothing to say or the partner says it. */
export function exchangeSentence(row: Row): string {
  switch (row.exchange) {
    case "pending":
      return t("Still waiting for its reply.");
    case "abandoned":
      return t("Abandoned: the requester asked again before a reply came.");
    case "lost":
      return t("No reply: the connection closed first.");
    case "unasked":
      return t("Nothing was asked: no request was open on this link.");
    case "answered":
    case "reply":
    case "none":
      return "";
  }
}

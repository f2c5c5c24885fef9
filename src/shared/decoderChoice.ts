import { MAX_OPTION_CHARS, parseArrayFormat } from "./arrayFormat.ts";
import { DECODERS, type DecoderChoice, type DecoderName } from "./model.ts";
import { ownNameProblem } from "./ownDialects.ts";
import { numberFormat } from "./scalars.ts";
import { parseStructFormat } from "./structFormat.ts";
import { t } from "./l10n.ts";

/** Encodings that text can be read in, as the WHATWG names them, and as people do. */
export const ENCODINGS = [
  { label: "windows-1252", title: t("Western European (Windows-1252, Latin-1)") },
  { label: "iso-8859-15", title: t("Western European (ISO 8859-15)") },
  { label: "utf-16le", title: t("UTF-16, little-endian") },
  { label: "utf-16be", title: t("UTF-16, big-endian") },
  { label: "shift_jis", title: t("Japanese (Shift JIS)") },
  { label: "euc-jp", title: t("Japanese (EUC-JP)") },
  { label: "gb18030", title: t("Chinese, simplified (GB 18030, GBK)") },
  { label: "big5", title: t("Chinese, traditional (Big5)") },
  { label: "euc-kr", title: t("Korean (EUC-KR)") },
  { label: "iso-8859-2", title: t("Central European (ISO 8859-2)") },
  { label: "windows-1250", title: t("Central European (Windows-1250)") },
  { label: "windows-1251", title: t("Cyrillic (Windows-1251)") },
  { label: "koi8-r", title: t("Cyrillic (KOI8-R)") },
  { label: "ibm866", title: t("Cyrillic (DOS 866)") },
  { label: "windows-1253", title: t("Greek (Windows-1253)") },
  { label: "windows-1254", title: t("Turkish (Windows-1254)") },
  { label: "windows-1255", title: t("Hebrew (Windows-1255)") },
  { label: "windows-1256", title: t("Arabic (Windows-1256)") },
  { label: "macintosh", title: t("Mac OS Roman") },
] as const;

const MESSAGE_NAME = /^(?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*$/;

/** The decoder and its option, empty for none; undefined for a text that is no choice. */
export function readChoice(text: string): { readonly decoder: DecoderName; readonly option: string } | undefined {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const option = colon < 0 ? "" : text.slice(colon + 1);
  const decoder = DECODERS.find((each) => each === name);
  return decoder === undefined || !takes(decoder, option) ? undefined : { decoder, option };
}

export function isChoice(value: unknown): value is DecoderChoice {
  return typeof value === "string" && readChoice(value) !== undefined;
}

/** Whether a decoder can do something with an option. */
function takes(decoder: DecoderName, option: string): boolean {
  if (option.length > MAX_OPTION_CHARS) return false;
  switch (decoder) {
    case "text":
      return option === "" || ENCODINGS.some(({ label }) => label === option);
    case "numbers":
      return numberFormat(option) !== undefined;
    case "struct":
      return "fields" in parseStructFormat(option);
    case "numpy":
      return option === "" || "shape" in parseArrayFormat(option);
    case "protobuf":
      return option === "" || MESSAGE_NAME.test(option);
    case "own":
      return option === "" || ownNameProblem(option) === null;
    default:
      return option === "";
  }
}

import { parseJsonTree } from "./jsonTree.ts";
import { msgpackToJson } from "./msgpackToJson.ts";

/** An answer's frame as it is shown. */
export type AnswerValue =
  | { readonly kind: "tree"; readonly json: string; readonly name: string }
  | { readonly kind: "text"; readonly text: string; readonly name: string }
  | { readonly kind: "bytes"; readonly name: string };

const MAX_DECODED_BYTES = 256 * 1024;

/** Guesses what an answer's frame is: JSON, text, MessagePack, else bytes. Frames above 256 KiB are shown as bytes. */
export function answerValue(bytes: Uint8Array): AnswerValue {
  if (bytes.length > MAX_DECODED_BYTES) return { kind: "bytes", name: "Hex" };
  const text = toText(bytes);
  if (text !== null) {
    const node = parseJsonTree(text);
    const isTree = node?.kind === "object" || node?.kind === "array";
    return isTree ? { kind: "tree", json: text, name: "JSON" } : { kind: "text", text, name: "Text" };
  }
  const json = msgpackToJson(bytes);
  return json === null ? { kind: "bytes", name: "Hex" } : { kind: "tree", json, name: "MessagePack" };
}

function toText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

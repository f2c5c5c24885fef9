import type { Answer, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { hasOnly, jsonFrame, type JsonObject, readObjectWith } from "./pythonJson.ts";
import { say, sayError } from "./saying.ts";

const OK = 200;
/** The service raised. */
const RAISED = 463;

/** The reply of a pyzmqrpc or pyzmqrpc3 server. */
export type StatusReply = {
  readonly code: number;
  readonly message: string;
  readonly reply: JsonObject;
};

/** Undefined for what is no such reply. */
export function readStatusReply(frame: Uint8Array): StatusReply | undefined {
  const reply = readObjectWith("status_code", frame);
  if (reply === undefined || !hasOnly(reply, ["status_code", "status_message"], ["response_message"])) return undefined;
  const { status_code: code, status_message: message } = reply;
  return Number.isInteger(code) && typeof message === "string" ? { code: code as number, message, reply } : undefined;
}

/** Every code but 200 is an error. A reply without a value is what proxies answer that only passed the call on. */
export function sayStatus({ code, message, reply }: StatusReply): SaidOrProblem {
  const value = reply["response_message"];
  const said = { code: String(code), ...(value !== undefined && { value }) };
  if (code !== OK) return sayError(message, `The server answered with code ${code}.`, said);
  return say({ ...said, kind: "reply", code: null, facts: [{ label: "Status", value: `${code} ${message}` }] });
}

export function writeStatus(answer: Answer): EncodedCall {
  if (answer.kind === "error") return jsonFrame({ status_code: RAISED, status_message: answer.problem });
  const { value } = answer;
  const isNothing = value === undefined || value === null;
  return jsonFrame({ status_code: OK, status_message: "OK", ...(!isNothing && { response_message: value }) });
}

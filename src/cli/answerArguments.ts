import { parseArgs } from "node:util";
import { DIALECTS, type DialectName } from "../shared/dialects.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import { ANSWER_SOCKETS, type AnswerSource, MAX_DELAY_MS } from "../shared/standIn.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";

export type AnswerOptions = {
  readonly endpoint: string;
  readonly from: Exclude<AnswerSource, { kind: "live" }>;
  readonly socket: (typeof ANSWER_SOCKETS)[number];
  /** `null`: what each call looks like. */
  readonly dialect: DialectName | null;
  readonly delayMs: number;
  /** `null` for a server without security. */
  readonly keys: KeyOptions | null;
};

/** As `parseArgs` takes them. */
export const ANSWER_OPTIONS = {
  from: { type: "string" },
  replies: { type: "string" },
  dialect: { type: "string" },
  as: { type: "string", default: "REP" },
  delay: { type: "string", default: "0" },
  "curve-server": KEY_OPTIONS["curve-server"],
  "curve-allow": KEY_OPTIONS["curve-allow"],
  "plain-user": KEY_OPTIONS["plain-user"],
  "plain-password-file": KEY_OPTIONS["plain-password-file"],
} as const;

/** Reads what stands behind `zmq-tap answer`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseAnswer(args: readonly string[]): AnswerOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: ANSWER_OPTIONS,
  });
  const [endpoint, ...rest] = positionals;
  if (endpoint === undefined) return "The endpoint is missing. Write for example zmq-tap answer tcp://127.0.0.1:5556.";
  if (rest.length > 0) return `answer takes one endpoint, and ${shown(rest[0] ?? "")} is one too many.`;
  if (readCurveKey(endpoint) !== null) return "A key was given where the endpoint belongs.";
  const parsed = parseEndpoint(endpoint, "listen");
  if (isProblem(parsed)) return `${shown(endpoint)} cannot be listened on: ${parsed.problem}`;
  const { from: recording, replies } = values;
  if ((recording === undefined) === (replies === undefined))
    return "answer needs either --from with a capture file, or --replies with a JSON file.";
  const path = recording ?? replies ?? "";
  if (path === "") return "--from and --replies take the name of a file.";
  const socket = ANSWER_SOCKETS.find((known) => known === values.as.toUpperCase());
  if (socket === undefined) return `--as takes REP or ROUTER, not ${shown(values.as)}.`;
  const dialect = DIALECTS.find((known) => known === values.dialect) ?? null;
  if (values.dialect !== undefined && dialect === null)
    return `--dialect takes one of ${DIALECTS.join(", ")}, not ${shown(values.dialect)}.`;
  const delayMs = values.delay === "" ? NaN : Number(values.delay);
  if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS))
    return `--delay takes milliseconds from 0 to ${MAX_DELAY_MS}, not ${shown(values.delay)}.`;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  if (keys !== null && keys.serverFile === null && keys.user === null)
    return "--curve-allow needs --curve-server, the pair that clients find.";
  return {
    endpoint,
    from: { kind: recording === undefined ? "replies" : "capture", path },
    socket,
    dialect,
    delayMs,
    // The server of the command's own speaks without security behind its tap.
    keys: keys && { ...keys, clientLeg: keys.serverFile === null ? "PLAIN" : "CURVE", serverLeg: "NULL" },
  };
}

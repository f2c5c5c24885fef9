import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { keyNameProblem } from "../shared/keys/keyName.ts";
import { httpNotAsked } from "../proxy/faults.ts";
import { type AnswerOptions, parseAnswer } from "./answerArguments.ts";
import { type AttachOptions, parseAttach } from "./attachArguments.ts";
import { type BridgeOptions, parseBridge } from "./bridgeArguments.ts";
import { type CallOptions, parseCall } from "./callArguments.ts";
import {
  type CheckOptions,
  type ExportOptions,
  parseCheck,
  parseExport,
  parseRead,
  type ReadOptions,
} from "./fileArguments.ts";
import { COMMANDS, commandHelp } from "./help/commands.ts";
import { HELP_FORMATS, type HelpFormat, type Shell, SHELLS } from "./help/otherHelp.ts";
import type { KeygenOptions } from "./keygen.ts";
import { joinKeys, KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";
import { type McpOptions, parseMcp } from "./mcpArguments.ts";
import { parseReplay, type ReplayFileOptions } from "./replayArguments.ts";
import { parseRun, type RunOptions } from "./runArguments.ts";
import { parseSocks } from "./socksArguments.ts";
import { parseWebBridge, type WebBridgeOptions } from "./webBridgeArguments.ts";

export type ProbeOptions = { readonly endpoint: string; readonly json: boolean; readonly keys: KeyOptions | null };

export type Parsed =
  | { readonly kind: "attach"; readonly options: AttachOptions }
  | { readonly kind: "keygen"; readonly options: KeygenOptions }
  | { readonly kind: "probe"; readonly options: ProbeOptions }
  | { readonly kind: "read"; readonly options: ReadOptions }
  | { readonly kind: "export"; readonly options: ExportOptions }
  | { readonly kind: "check"; readonly options: CheckOptions }
  | { readonly kind: "answer"; readonly options: AnswerOptions }
  | { readonly kind: "bridge"; readonly options: BridgeOptions }
  | { readonly kind: "web-bridge"; readonly options: WebBridgeOptions }
  | { readonly kind: "mcp"; readonly options: McpOptions }
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "replay"; readonly options: ReplayFileOptions }
  | { readonly kind: "fields" }
  | { readonly kind: "call"; readonly options: CallOptions }
  | { readonly kind: "dialects"; readonly json: boolean }
  | { readonly kind: "completion"; readonly shell: Shell }
  /** About all commands without one. */
  | { readonly kind: "help"; readonly command: string | null; readonly format: HelpFormat }
  | { readonly kind: "version" }
  /** One sentence, for exit code 2. */
  | { readonly kind: "bad"; readonly message: string };

/** Reads the command line after `zmq-tap`, which begins with the command. Never throws. */
export function parseArguments(args: readonly string[]): Parsed {
  const [command, ...rest] = joinKeys(args);
  const known = command === undefined ? undefined : commandHelp(command);
  if (args.includes("--help") || args.includes("-h"))
    return { kind: "help", command: known?.name ?? null, format: "text" };
  if (args.includes("--version")) return { kind: "version" };
  try {
    switch (command) {
      case "attach":
        return orBad(parseAttach(rest), (options) => ({ kind: "attach", options }));
      case "socks":
        return orBad(parseSocks(rest), (options) => ({ kind: "attach", options }));
      case "keygen":
        return orBad(parseKeygen(rest), (options) => ({ kind: "keygen", options }));
      case "probe":
        return orBad(parseProbe(rest), (options) => ({ kind: "probe", options }));
      case "read":
        return orBad(parseRead(rest), (options) => ({ kind: "read", options }));
      case "export":
        return orBad(parseExport(rest), (options) => ({ kind: "export", options }));
      case "check":
        return orBad(parseCheck(rest), (options) => ({ kind: "check", options }));
      case "answer":
        return orBad(parseAnswer(rest), (options) => ({ kind: "answer", options }));
      case "bridge":
        return orBad(parseBridge(rest), (options) => ({ kind: "bridge", options }));
      case "web-bridge":
        return orBad(parseWebBridge(rest), (options) => ({ kind: "web-bridge", options }));
      case "mcp":
        return orBad(parseMcp(rest), (options) => ({ kind: "mcp", options }));
      case "run":
        return orBad(parseRun(rest), (options) => ({ kind: "run", options }));
      case "replay":
        return orBad(parseReplay(rest), (options) => ({ kind: "replay", options }));
      case "fields":
        return rest.length === 0 ? { kind: "fields" } : bad("fields takes nothing behind it.");
      case "call":
        return orBad(parseCall(rest), (options) => ({ kind: "call", options }));
      case "dialects":
        if (rest.length > 1 || (rest.length === 1 && rest[0] !== "--json"))
          return bad("dialects takes nothing but --json behind it.");
        return { kind: "dialects", json: rest.length === 1 };
      case "completion":
        return orBad(parseCompletion(rest), (about) => ({ kind: "completion", ...about }));
      case "help":
        return orBad(parseHelp(rest), (about) => ({ kind: "help", ...about }));
      case undefined:
        return bad("No command was given. Write zmq-tap attach <server endpoint>, or zmq-tap --help.");
      default:
        if (command.startsWith("-")) return bad("The command comes first. Write zmq-tap attach <server endpoint>.");
        return bad(
          `${shown(command)} is no command of zmq-tap. The commands are ${COMMANDS.map(({ name }) => name).join(", ")}.`,
        );
    }
  } catch (error) {
    // parseArgs goes on about positional arguments that begin with a dash, which no endpoint does.
    const reason = error instanceof Error ? (error.message.split(/\n|[.] To specify/)[0] ?? "") : String(error);
    if (/argument is ambiguous[.]?$/.test(reason)) {
      return bad(
        `${reason.replace(/[.]$/, "")}, since it begins with a dash. Write it in one word with its option, as --option=value.`,
      );
    }
    // An option as long as this is a key that begins with dashes.
    const help = known === undefined ? "zmq-tap --help" : `zmq-tap ${known.name} --help`;
    return bad(`${reason.replace(/'-\S{30,}'/, "").replace(/[.]?$/, ".")} See ${help}.`);
  }
}

export const KEYGEN_OPTIONS = { dir: { type: "string", default: "." } } as const;

function parseKeygen(args: readonly string[]): KeygenOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: KEYGEN_OPTIONS,
  });
  const [name, ...rest] = positionals;
  if (name === undefined) return "The name of the key pair is missing. Write for example zmq-tap keygen backend.";
  if (rest.length > 0) return "keygen takes one name, and there is one too many.";
  const problem = keyNameProblem(name);
  if (problem !== undefined) return `The name of the key pair cannot be used. ${problem}`;
  if (/[/\\]/.test(name)) return "The name of the key pair becomes a file name. Say where to write it with --dir.";
  return { name, folder: values.dir };
}

/** probe takes --json, and what to show the server. */
export const PROBE_OPTIONS = {
  json: { type: "boolean", default: false },
  "curve-upstream": KEY_OPTIONS["curve-upstream"],
  "curve-client": KEY_OPTIONS["curve-client"],
  "plain-user": KEY_OPTIONS["plain-user"],
  "plain-password-file": KEY_OPTIONS["plain-password-file"],
} as const;

function parseProbe(args: readonly string[]): ProbeOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: PROBE_OPTIONS,
  });
  const [endpoint, ...rest] = positionals;
  if (endpoint === undefined) return "The endpoint is missing. Write for example zmq-tap probe tcp://127.0.0.1:5556.";
  if (rest.length > 0) return `probe takes one endpoint, and ${shown(rest[0] ?? "")} is one too many.`;
  const parsed = parseEndpoint(endpoint, "server");
  if (isProblem(parsed)) return `${shown(endpoint)} cannot be probed: ${parsed.problem}`;
  if (parsed.transport === "http") return httpNotAsked(endpoint).message;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  if (keys === null) return { endpoint, json: values.json, keys };
  if (keys.upstream === null && keys.user === null) {
    return "--curve-client needs --curve-upstream, the server's public key.";
  }
  // Nobody connects to a probe, so it needs no pair of a server.
  const serverLeg = keys.upstream === null ? "PLAIN" : "CURVE";
  return { endpoint, json: values.json, keys: { ...keys, clientLeg: "NULL", serverLeg } };
}

function parseCompletion([given, ...rest]: readonly string[]): { shell: Shell } | string {
  const shell = SHELLS.find((known) => known === given);
  if (shell === undefined || rest.length > 0)
    return `completion takes one shell: ${SHELLS.join(", ")}. Write for example zmq-tap completion bash.`;
  return { shell };
}

export const HELP_OPTIONS = { format: { type: "string", default: "text" } } as const;

function parseHelp(args: readonly string[]): { command: string | null; format: HelpFormat } | string {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: HELP_OPTIONS });
  const [command, ...rest] = positionals;
  const format = HELP_FORMATS.find((known) => known === values.format);
  if (format === undefined) return `--format takes ${HELP_FORMATS.join(", ")}, not ${shown(values.format)}.`;
  if (rest.length > 0) return `help takes one command, and ${shown(rest[0]!)} is one too many.`;
  if (command === undefined) return { command: null, format };
  if (commandHelp(command) === undefined)
    return `${shown(command)} is no command of zmq-tap. zmq-tap help lists the commands.`;
  return format === "text"
    ? { command, format }
    : "--format man and markdown are about all commands. Leave out the command.";
}

function orBad<T>(parsed: T | string, use: (options: T) => Parsed): Parsed {
  return typeof parsed === "string" ? bad(parsed) : use(parsed);
}

function bad(message: string): Parsed {
  return { kind: "bad", message };
}

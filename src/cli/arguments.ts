import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { keyNameProblem } from "../shared/keys/keyName.ts";
import { PROBE_WARNING } from "../shared/probeText.ts";
import { httpNotAsked } from "../proxy/faults.ts";
import { ANSWER_USAGE, type AnswerOptions, parseAnswer } from "./answerArguments.ts";
import { type AttachOptions, parseAttach } from "./attachArguments.ts";
import { BRIDGE_USAGE, type BridgeOptions, parseBridge } from "./bridgeArguments.ts";
import { CALL_USAGE, type CallOptions, parseCall } from "./callArguments.ts";
import {
  CHECK_USAGE,
  type CheckOptions,
  type ExportOptions,
  parseCheck,
  parseExport,
  parseRead,
  type ReadOptions,
} from "./fileArguments.ts";
import type { KeygenOptions } from "./keygen.ts";
import { KEY_OPTIONS, KEY_USAGE, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";
import { MCP_USAGE, type McpOptions, parseMcp } from "./mcpArguments.ts";
import { parseReplay, REPLAY_USAGE, type ReplayFileOptions } from "./replayArguments.ts";
import { parseRun, RUN_USAGE, type RunOptions } from "./runArguments.ts";
import { parseSocks, SOCKS_USAGE } from "./socksArguments.ts";
import { parseWebBridge, WEB_BRIDGE_USAGE, type WebBridgeOptions } from "./webBridgeArguments.ts";

/** Text in lines of at most 120 columns. */
const wrapped = (text: string): string => text.replace(/(.{1,120})(?: |$)/g, "$1\n").trimEnd();

export const USAGE = `Usage: zmq-tap attach <server endpoint> [options]
       zmq-tap attach --jupyter <connection file> [options]
       zmq-tap socks [--listen <endpoint>] [--allow <pattern>]… [options]
       zmq-tap read <file> [--filter <expression>] [--json] [--full] [--stats] [--dialect <name>]
       zmq-tap export <file> --to <file> [--filter <expression>] [--force] [--dialect <name>]
       zmq-tap check <file> [--json] [--disable <id>]… [--dialect <name>]
       zmq-tap replay <file> --to <endpoint> [options]
       zmq-tap call <endpoint> <method> [argument…] [--dialect <name>] [options]
       zmq-tap run <file.zmqrpc>… [options]
       zmq-tap answer <endpoint> --from <file> | --replies <file.json> [options]
       zmq-tap bridge <kind> --in <endpoint>… --out <endpoint>… [options]
       zmq-tap web-bridge --allow <endpoint pattern>… [options]
       zmq-tap mcp [file…] [--tap <endpoint and options>]… [--allow-send]
       zmq-tap probe <endpoint> [--json] [keys]
       zmq-tap keygen <name> [--dir <folder>]
       zmq-tap fields
       zmq-tap dialects [--json]

attach listens for clients, connects each to the server, and prints what they say. Nothing is altered without --fault.

  --listen <endpoint>   where clients connect (default tcp://127.0.0.1:*, a free port)
  --name <text>         name of the tap in the output (default: the server endpoint)
  --jupyter <file>      tap the five channels of the Jupyter kernel with this connection file, and write one for its
                        clients beside it: kernel-1-tap.json for kernel-1.json
  --json                one JSON object per line on stdout
  --quiet               print only the endpoint, and totals at the end
  --count <n>           end after n messages
  --stats               end with what proves that the tap did no harm: octets in and out, messages kept, added latency;
                        exit code 1 where the numbers do not agree
  --full                with --json: frames above 1 MiB whole
  --sockets client=<TYPE>,server=<TYPE>
                        socket types where the wire does not say (ZMTP 1.0)
  --watch-all           add a subscriber of the tap's own to all topics of a publisher, which then sends it each message
                        once more: the only way to see what nobody else asked for
  --sequence <where>    a number that grows by one with each message, so that it is found which are missing, such as
                        frame=-1,type=u32le or topic=md.,frame=1,type=json,path=seq; can be given several times
  --dialect <name>      what the messages are, of those that zmq-tap dialects lists (default: found out)
  --fault <spec>        change the traffic, as often as needed: "delay 200ms ±50ms s2c", "drop 1/10", "duplicate 1/5",
                        "reorder 3", "throttle 10KiB/s", "cut if ~b reset", "refuse", "freeze server"; behind it can
                        stand c2s or s2c, commands, and if with a filter. Each thing that it does is an event
  --seed <n>            with --fault: chance that can be repeated
  --write <file.pcapng>
                        also write everything to this file, for read, Wireshark and the editor; it can be read at any
                        time, and is whole even when the tap is killed
  --force               with --write: begin the file anew when there is one already
  --dir <folder>        keep what memory cannot hold in a new folder in this one; zmq-tap read <that folder> reads it
  --max-disk <size>     with --dir: how much, such as 500MB (default 4GiB); then the oldest goes

${KEY_USAGE}

${SOCKS_USAGE}

read prints what is in a capture file as attach prints what comes: pcapng and pcap, of zmq-tap or of others.

  --filter <expression> only rows that fit; zmq-tap fields tells what can stand in it
  --json, --full, --dialect
                        as with attach
  --stats               counts instead of rows: by tap, direction and socket types, the ten most used topics, and the
                        ten most used methods with their errors and latency

export writes a capture file as another one: .pcapng, .jsonl (JSON Lines) or .csv, which the name after --to says.

  --filter, --dialect   as with read
  --force               replace a file that is there already

${CHECK_USAGE}

${REPLAY_USAGE}

${CALL_USAGE}

${RUN_USAGE}

${ANSWER_USAGE}

${BRIDGE_USAGE}

${WEB_BRIDGE_USAGE}

${MCP_USAGE}

probe asks a server what it is: whether anything listens, ZeroMQ or not, version, mechanism, socket type. Exit code 0
for a ZeroMQ server, else 1. With --curve-upstream and --curve-client, or --plain-user, it says whether these get in.
${wrapped(PROBE_WARNING)}

keygen writes a new CURVE key pair as <name>.key and <name>.key_secret, and prints the public key.

  --dir <folder>        where to write them (default: here)

fields prints what a filter can ask for. dialects lists the dialects and their fields, with --json as a JSON list.

--help prints this, --version the version.

Endpoints: tcp://host:port, ipc://path, ipc://@abstract; attach, call, run and replay also take the URL of an HTTP
server, http://host:port/path, as XML-RPC has them. Example: zmq-tap attach tcp://127.0.0.1:5556`;

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
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** One sentence, for exit code 2. */
  | { readonly kind: "bad"; readonly message: string };

/** Reads the command line after `zmq-tap`, which begins with the command. Never throws. */
export function parseArguments(args: readonly string[]): Parsed {
  if (args.includes("--help") || args.includes("-h")) return { kind: "help" };
  if (args.includes("--version")) return { kind: "version" };
  const [command, ...rest] = args;
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
      case undefined:
        return bad("No command was given. Write zmq-tap attach <server endpoint>, or zmq-tap --help.");
      default:
        if (command.startsWith("-")) return bad("The command comes first. Write zmq-tap attach <server endpoint>.");
        return bad(
          `${shown(command)} is no command of zmq-tap. The commands are attach, socks, read, export, check, replay, call, run, answer, bridge, web-bridge, mcp, probe, keygen, fields and dialects.`,
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
    return bad(`${reason.replace(/'-\S{30,}'/, "").replace(/[.]?$/, ".")} See zmq-tap --help.`);
  }
}

function parseKeygen(args: readonly string[]): KeygenOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { dir: { type: "string", default: "." } },
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
function parseProbe(args: readonly string[]): ProbeOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      "curve-upstream": KEY_OPTIONS["curve-upstream"],
      "curve-client": KEY_OPTIONS["curve-client"],
      "plain-user": KEY_OPTIONS["plain-user"],
      "plain-password-file": KEY_OPTIONS["plain-password-file"],
    },
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

function orBad<T>(parsed: T | string, use: (options: T) => Parsed): Parsed {
  return typeof parsed === "string" ? bad(parsed) : use(parsed);
}

function bad(message: string): Parsed {
  return { kind: "bad", message };
}

import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { PROBE_WARNING } from "../shared/probeText.ts";
import { SOCKET_TYPES, type SocketPair, type SocketType } from "../shared/model.ts";

export const USAGE = `Usage: zmq-tap attach <server endpoint> [options]
       zmq-tap probe <endpoint> [--json]

Listens for clients, connects each to the server, and prints what they say. Nothing is altered.

  --listen <endpoint>   where clients connect (default tcp://127.0.0.1:*, a free port)
  --name <text>         name of the tap in the output (default: the server endpoint)
  --json                one JSON object per line on stdout
  --quiet               print only the endpoint, and totals at the end
  --count <n>           end after n messages
  --full                with --json: frames above 1 MiB whole
  --sockets client=<TYPE>,server=<TYPE>
                        socket types where the wire does not say (ZMTP 1.0)
  --help, --version

probe asks a server what it is: whether anything listens, ZeroMQ or not, version, mechanism, socket type. Exit code 0
for a ZeroMQ server, else 1. ${PROBE_WARNING}

Endpoints: tcp://host:port, ipc://path, ipc://@abstract. Example: zmq-tap attach tcp://127.0.0.1:5556`;

export type AttachOptions = {
  readonly server: string;
  readonly listen: string;
  readonly name: string;
  readonly output: "text" | "json" | "quiet";
  /** Messages to end after; infinite without --count. */
  readonly count: number;
  readonly full: boolean;
  readonly sockets: SocketPair | null;
};

export type ProbeOptions = { readonly endpoint: string; readonly json: boolean };

export type Parsed =
  | { readonly kind: "attach"; readonly options: AttachOptions }
  | { readonly kind: "probe"; readonly options: ProbeOptions }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** One sentence, for exit code 2. */
  | { readonly kind: "bad"; readonly message: string };

/** Reads the command line after `zmq-tap`. Never throws. */
export function parseArguments(args: readonly string[]): Parsed {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        listen: { type: "string" },
        name: { type: "string" },
        json: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
        count: { type: "string" },
        full: { type: "boolean", default: false },
        sockets: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    // parseArgs goes on about positional arguments that begin with a dash, which no endpoint does.
    const reason = error instanceof Error ? (error.message.split(/\n|[.] To specify/)[0] ?? "") : String(error);
    return bad(`${reason.replace(/[.]?$/, ".")} See zmq-tap --help.`);
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const [command, server, ...rest] = positionals;
  if (command === undefined)
    return bad("No command was given. Write zmq-tap attach <server endpoint>, or zmq-tap --help.");
  if (command === "probe") return parseProbe(args, server, rest, values.json);
  if (command !== "attach") return bad(`"${command}" is no command of zmq-tap. The commands are attach and probe.`);
  if (server === undefined)
    return bad("The server endpoint is missing. Write for example zmq-tap attach tcp://127.0.0.1:5556.");
  if (rest.length > 0) return bad(`attach takes one server endpoint, and "${rest[0] ?? ""}" is one too many.`);
  if (values.json && values.quiet) return bad("--json and --quiet exclude each other. Choose one.");
  const listen = values.listen ?? "tcp://127.0.0.1:*";
  for (const [text, role] of [
    [server, "server"],
    [listen, "listen"],
  ] as const) {
    const endpoint = parseEndpoint(text, role);
    if (isProblem(endpoint)) return bad(`"${text}" cannot be used as the ${role} endpoint: ${endpoint.problem}`);
  }
  const count = values.count === undefined ? Infinity : Number(values.count);
  if (!(count === Infinity || (Number.isSafeInteger(count) && count > 0)) || values.count === "") {
    return bad(`--count takes a whole number above 0, not "${values.count ?? ""}".`);
  }
  const sockets = values.sockets === undefined ? null : parseSockets(values.sockets);
  if (typeof sockets === "string") return bad(sockets);
  return {
    kind: "attach",
    options: {
      server,
      listen,
      name: values.name ?? server,
      output: values.json ? "json" : values.quiet ? "quiet" : "text",
      count,
      full: values.full,
      sockets,
    },
  };
}

/** probe takes nothing but --json. */
function parseProbe(
  args: readonly string[],
  endpoint: string | undefined,
  rest: readonly string[],
  json: boolean,
): Parsed {
  if (endpoint === undefined)
    return bad("The endpoint is missing. Write for example zmq-tap probe tcp://127.0.0.1:5556.");
  if (rest.length > 0) return bad(`probe takes one endpoint, and "${rest[0] ?? ""}" is one too many.`);
  const other = args.find((arg) => arg.startsWith("-") && arg !== "--json");
  if (other !== undefined) return bad(`probe does not take ${other}. It takes --json only.`);
  const parsed = parseEndpoint(endpoint, "server");
  if (isProblem(parsed)) return bad(`"${endpoint}" cannot be probed: ${parsed.problem}`);
  return { kind: "probe", options: { endpoint, json } };
}

function parseSockets(text: string): SocketPair | string {
  const pair: { client: SocketType | null; server: SocketType | null } = { client: null, server: null };
  for (const part of text.split(",")) {
    const match = /^(client|server)=(\w+)$/.exec(part.trim());
    const type = SOCKET_TYPES.find((known) => known === match?.[2]?.toUpperCase());
    if (match === null || type === undefined) {
      return `--sockets takes client=<TYPE>,server=<TYPE> with socket types such as REQ or SUB; "${part}" is none.`;
    }
    pair[match[1] as "client" | "server"] = type;
  }
  return pair;
}

function bad(message: string): Parsed {
  return { kind: "bad", message };
}

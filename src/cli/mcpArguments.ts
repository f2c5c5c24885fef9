import { parseArgs } from "node:util";
import { type AttachOptions, parseAttach } from "./attachArguments.ts";
import { shown } from "./keyOptions.ts";

export type McpOptions = {
  /** Capture files that can be asked about. */
  readonly files: readonly string[];
  /** Taps that are started. */
  readonly taps: readonly AttachOptions[];
  /** Whether calls may be made, and to servers beyond this machine. */
  readonly allowSend: boolean;
  readonly allowRemote: boolean;
  readonly redact: boolean;
  /** Names of secrets besides the usual ones. */
  readonly redactNames: readonly string[];
};

const MAX_FILES = 16;
const MAX_TAPS = 50;
/** What a tap of --tap can be told besides its endpoint. */
const TAP_OPTIONS = "--listen, --name, --sockets, --jupyter, --dialect and keys";

/** As `parseArgs` takes them. */
export const MCP_OPTIONS = {
  tap: { type: "string", multiple: true, default: [] as string[] },
  "allow-send": { type: "boolean", default: false },
  "allow-remote": { type: "boolean", default: false },
  redact: { type: "string", multiple: true, default: [] as string[] },
  "no-redact": { type: "boolean", default: false },
} as const;

/** Reads what stands behind `zmq-tap mcp`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseMcp(args: readonly string[]): McpOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: MCP_OPTIONS,
  });
  const { tap, redact } = values;
  if (positionals.length === 0 && tap.length === 0)
    return 'There is nothing to serve. Write for example zmq-tap mcp traffic.pcapng, or --tap "tcp://127.0.0.1:5556".';
  if (positionals.includes("")) return "A capture file needs a name.";
  if (positionals.length > MAX_FILES) return `mcp takes at most ${MAX_FILES} capture files.`;
  if (tap.length > MAX_TAPS) return `mcp takes at most ${MAX_TAPS} taps.`;
  if (values["allow-remote"] && !values["allow-send"])
    return "--allow-remote is about what --allow-send allows, which is missing.";
  if (values["allow-send"] && tap.length === 0) return "--allow-send is about calls through taps. Give --tap.";
  if (redact.length > 0 && values["no-redact"]) return "--redact and --no-redact exclude each other. Choose one.";
  if (redact.includes("")) return "--redact needs a name.";
  const taps: AttachOptions[] = [];
  for (const spec of tap) {
    const options = parseTap(spec);
    if (typeof options === "string") return `--tap: ${options}`;
    if (options.jupyter !== null && taps.some(({ jupyter }) => jupyter !== null))
      return "--tap: one Jupyter kernel can be tapped at a time. Leave one out.";
    if (taps.some(({ name }) => name === options.name))
      return `--tap: two taps are called ${shown(options.name)}. Give one another --name.`;
    taps.push(options);
  }
  return {
    files: positionals,
    taps,
    allowSend: values["allow-send"],
    allowRemote: values["allow-remote"],
    redact: !values["no-redact"],
    redactNames: redact,
  };
}

function parseTap(spec: string): AttachOptions | string {
  const words = splitWords(spec);
  if (typeof words === "string") return words;
  let options: AttachOptions | string;
  try {
    options = parseAttach(words);
  } catch {
    // What parseArgs says may repeat a key.
    return `it takes an endpoint with ${TAP_OPTIONS}.`;
  }
  if (typeof options === "string") return options;
  const { output, count, full, write, force, dir } = options;
  const isMore = output !== "text" || count !== Infinity || full || write !== null || force || dir !== null;
  return isMore ? `it takes an endpoint with ${TAP_OPTIONS}, and nothing about output.` : options;
}

/** Words apart by blanks; quotes hold one together. A text says what is wrong. */
export function splitWords(text: string): readonly string[] | string {
  const words: string[] = [];
  const pattern = /\s*((?:"[^"]*"|'[^']*'|[^\s"'])+)/y;
  while (text.slice(pattern.lastIndex).trim() !== "") {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) return `a quote is not closed behind character ${at}.`;
    words.push(match[1]!.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return words;
}

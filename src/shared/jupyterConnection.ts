import { isCurveKey } from "./keys/curveKey.ts";
import type { CurvePair, TapSecurity } from "./security.ts";

/** The channels of a kernel, as its connection file names their ports. */
export const JUPYTER_CHANNELS = ["shell", "iopub", "stdin", "control", "hb"] as const;
export type JupyterChannel = (typeof JUPYTER_CHANNELS)[number];

/** Octets of a connection file that are read; real ones have about 300. */
export const MAX_CONNECTION_FILE_BYTES = 65_536;

/** What a connection file says of a kernel. Secret: it holds the key that messages are signed with. */
export type JupyterConnection = {
  /** Where the kernel listens, as libzmq writes it. */
  readonly endpoints: Readonly<Record<JupyterChannel, string>>;
  /** Where taps listen for its clients. */
  readonly listen: Readonly<Record<JupyterChannel, string>>;
  /** Empty for a kernel that signs nothing. */
  readonly key: string;
  /** Of a kernel that speaks CURVE; else `null`. */
  readonly curve: CurvePair | null;
  /** All that stands in the file, for the file that is written for clients. */
  readonly fields: Readonly<Record<string, unknown>>;
};

const ANY_ADDRESS = new Set(["", "*", "0.0.0.0", "::"]);
const LOOPBACK = "127.0.0.1";
const TAP_SUFFIX = "-tap";

/** Reads a connection file. A problem is the end of a sentence and repeats nothing of the file, which holds a secret. */
export function readJupyterConnection(text: string): JupyterConnection | { readonly problem: string } {
  const fields = parse(text);
  if (fields === undefined) return { problem: "it is no JSON object." };
  const { transport = "tcp", ip = LOOPBACK, key = "", signature_scheme: scheme = "hmac-sha256" } = fields;
  if (transport !== "tcp" && transport !== "ipc") return { problem: 'its "transport" is neither tcp nor ipc.' };
  if (typeof ip !== "string") return { problem: 'its "ip" is no text.' };
  if (typeof key !== "string") return { problem: 'its "key" is no text.' };
  if (key !== "" && scheme !== "hmac-sha256") {
    return { problem: 'its "signature_scheme" is not hmac-sha256, the only one that ZMQ Tap can check and make.' };
  }
  if (transport === "ipc" && !ip.startsWith("/")) {
    return { problem: 'its "ip" is no whole path, so that only the kernel knows where its ipc sockets are.' };
  }
  const missing = JUPYTER_CHANNELS.find((channel) => !isPort(fields[`${channel}_port`]));
  if (missing !== undefined) return { problem: `its "${missing}_port" is missing or no port.` };
  const curve = readCurve(fields);
  if (curve === undefined) return { problem: 'its "curve_publickey" and "curve_secretkey" are no CURVE keys.' };
  const port = (channel: JupyterChannel): number => fields[`${channel}_port`] as number;
  const isIpc = transport === "ipc";
  return {
    endpoints: ofChannels((channel) => (isIpc ? `ipc://${ip}-${port(channel)}` : `tcp://${host(ip)}:${port(channel)}`)),
    listen: ofChannels((channel) => (isIpc ? `ipc://${ip}${TAP_SUFFIX}-${port(channel)}` : `tcp://${LOOPBACK}:*`)),
    key,
    curve,
    fields,
  };
}

/** The connection file for clients of the taps that listen on these endpoints. Secret. */
export function formatJupyterConnection(
  { fields, endpoints }: JupyterConnection,
  listening: Readonly<Record<JupyterChannel, string>>,
): string {
  if (endpoints.shell.startsWith("ipc://")) {
    return `${JSON.stringify({ ...fields, ip: `${fields["ip"] as string}${TAP_SUFFIX}` }, null, 2)}\n`;
  }
  const ports = JUPYTER_CHANNELS.map((channel) => [
    `${channel}_port`,
    Number(listening[channel].slice(listening[channel].lastIndexOf(":") + 1)),
  ]);
  return `${JSON.stringify({ ...fields, ...Object.fromEntries(ports), ip: LOOPBACK }, null, 2)}\n`;
}

/** Keys of a tap of such a kernel; `null` where it speaks no CURVE. Clients show the kernel the pair that it shows them. */
export function jupyterSecurity({ curve }: JupyterConnection): TapSecurity | null {
  if (curve === null) return null;
  const none = { clientLeg: null, serverLeg: null, serverKey: null, allow: null, plain: null };
  return { ...none, serverPair: curve, clientPair: curve, clientPairs: [] };
}

/** What the connection file for clients is called: `kernel-1.json` becomes `kernel-1-tap.json`. */
export function tappedConnectionFile(path: string): string {
  return `${path.replace(/\.json$/, "")}${TAP_SUFFIX}.json`;
}

/** Whether a file of the runtime folder can be the connection file of a kernel, by its name. */
export function isConnectionFileName(name: string): boolean {
  return name.endsWith(".json") && !name.endsWith(`${TAP_SUFFIX}.json`) && !/^(?:nbserver|jpserver)-/.test(name);
}

/** The folder where Jupyter keeps connection files, as `jupyter --runtime-dir` says; `home` is the user's folder. */
export function jupyterRuntimeFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
  home: string,
): string {
  const set = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const slash = platform === "win32" ? "\\" : "/";
  const folder = (...parts: readonly string[]): string => parts.join(slash);
  const runtime = set("JUPYTER_RUNTIME_DIR");
  if (runtime !== undefined) return runtime;
  const data = set("JUPYTER_DATA_DIR");
  if (data !== undefined) return folder(data, "runtime");
  if (platform === "win32") return folder(set("APPDATA") ?? folder(home, "AppData", "Roaming"), "jupyter", "runtime");
  if (platform === "darwin") return folder(home, "Library", "Jupyter", "runtime");
  return folder(set("XDG_DATA_HOME") ?? folder(home, ".local", "share"), "jupyter", "runtime");
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `null` for none, undefined for ones that cannot be used. */
function readCurve(fields: Readonly<Record<string, unknown>>): CurvePair | null | undefined {
  const { curve_publickey: publicKey, curve_secretkey: secretKey } = fields;
  if (isNothing(publicKey) && isNothing(secretKey)) return null;
  const areKeys = typeof publicKey === "string" && typeof secretKey === "string";
  return areKeys && isCurveKey(publicKey) && isCurveKey(secretKey) ? { publicKey, secretKey } : undefined;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535;
}

function host(ip: string): string {
  if (ANY_ADDRESS.has(ip)) return LOOPBACK;
  return ip.includes(":") ? `[${ip}]` : ip;
}

function ofChannels(endpoint: (channel: JupyterChannel) => string): Readonly<Record<JupyterChannel, string>> {
  return Object.fromEntries(JUPYTER_CHANNELS.map((channel) => [channel, endpoint(channel)])) as Record<
    JupyterChannel,
    string
  >;
}

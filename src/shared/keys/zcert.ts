import { isCurveKey } from "./curveKey.ts";

/** A certificate file of ZeroMQ (`.key`, `.key_secret`) as pyzmq and czmq write it. */
export type Zcert = {
  readonly publicKey: string | null;
  readonly secretKey: string | null;
  readonly metadata: Readonly<Record<string, string>>;
};

const MAX_METADATA = 100;

/**
 * Reads a certificate; `null` when the text is none, and the end of a sentence when it is one with a key that is none. The
 * halves of a pair are not compared here.
 */
export function readZcert(text: string): Zcert | { readonly problem: string } | null {
  let section = "";
  const curve = new Map<string, string>();
  const metadata = new Map<string, string>();
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^\uFEFF/, "").trim();
    // Keys contain # and =, so only a # at the beginning makes a comment, and only the first = separates.
    if (line === "" || line.startsWith("#")) continue;
    const separator = line.indexOf("=");
    if (separator < 0) {
      section = line;
      continue;
    }
    const name = line.slice(0, separator).trim();
    const value = unquote(line.slice(separator + 1).trim());
    if (section === "curve") curve.set(name, value);
    else if (section === "metadata" && metadata.size < MAX_METADATA) metadata.set(name, value);
  }
  const publicKey = curve.get("public-key");
  const secretKey = curve.get("secret-key");
  if (publicKey === undefined && secretKey === undefined) return null;
  for (const [name, key] of [
    ["public-key", publicKey],
    ["secret-key", secretKey],
  ] as const) {
    if (key !== undefined && !isCurveKey(key))
      return { problem: `its ${name} is no CURVE key, which has 40 characters of Z85` };
  }
  return { publicKey: publicKey ?? null, secretKey: secretKey ?? null, metadata: Object.fromEntries(metadata) };
}

/** Writes a certificate that pyzmq's `zmq.auth.load_certificate` and czmq's `zcert_load` read. */
export function writeZcert(keys: { publicKey: string; secretKey: string | null }, name: string): string {
  const warning =
    keys.secretKey === null
      ? ["#   ZeroMQ CURVE public certificate, written by ZMQ Tap."]
      : ["#   ZeroMQ CURVE **secret** certificate, written by ZMQ Tap.", "#   Give this file to nobody."];
  return [
    ...warning,
    "",
    "metadata",
    // czmq would take a quote in the value for its end.
    `    name = "${name.replace(/["\r\n]/g, "'")}"`,
    "curve",
    `    public-key = "${keys.publicKey}"`,
    ...(keys.secretKey === null ? [] : [`    secret-key = "${keys.secretKey}"`]),
    "",
  ].join("\n");
}

/** A value without its quotes, of which there are two kinds; what follows the closing one is a comment. */
function unquote(value: string): string {
  const quoted = /^(["'])(.*?)\1/.exec(value)?.[2];
  return quoted ?? value;
}

import { decodeZ85, encodeZ85 } from "../../src/shared/keys/z85.ts";

/** Something that may stand nowhere: a key of 32 octets, given as Z85, or the text of a password. */
export type Secret = { readonly name: string; readonly value: string; readonly kind: "key" | "password" };

/** Where a secret was found: its name and the encoding, such as "server key in hex". */
export function searchSecrets(haystack: Uint8Array, secrets: readonly Secret[]): string[] {
  const octets = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
  // Hex is searched in whatever case, also mixed.
  const lower = Buffer.from(octets.toString("latin1").toLowerCase(), "latin1");
  const found: string[] = [];
  for (const { name, value, kind } of secrets) {
    const raw = kind === "key" ? keyOctets(value) : Buffer.from(value);
    for (const [encoding, needle] of encodings(raw, kind === "key" ? value : null)) {
      const where = encoding.startsWith("hex") ? lower : octets;
      if (where.includes(needle)) found.push(`${name} in ${encoding}`);
    }
  }
  return found;
}

/** Throws an Error when this is no Z85 text, since then nothing could be found. */
export function keyOctets(z85: string): Buffer {
  const octets = decodeZ85(z85);
  if (octets === null) throw new Error("A key to search for is no Z85 text.");
  return Buffer.from(octets);
}

/** Every form of a secret, each also as the octets that UTF-16 makes of its text. */
function encodings(raw: Buffer, z85: string | null): [string, Buffer][] {
  const texts: [string, string][] = [
    ["hex", raw.toString("hex")],
    ["hex with colons", [...raw].map((octet) => octet.toString(16).padStart(2, "0")).join(":")],
    ["hex with spaces", [...raw].map((octet) => octet.toString(16).padStart(2, "0")).join(" ")],
    ["a JSON array", [...raw].join(",")],
    ...base64Forms(raw),
  ];
  if (z85 !== null) {
    texts.push(["Z85", z85], ["Z85 in a URL", encodeURIComponent(z85)]);
    texts.push(["base64 of Z85", withoutEdges(Buffer.from(z85).toString("base64"))]);
    texts.push(["hex of Z85", Buffer.from(z85).toString("hex")]);
  } else if (raw.length % 4 === 0) {
    texts.push(["Z85", encodeZ85(raw)]);
  }
  return [
    ["raw octets", raw],
    ...(z85 === null ? ([["UTF-16", Buffer.from(raw.toString(), "utf16le")]] as [string, Buffer][]) : []),
    ...texts.flatMap(([encoding, text]): [string, Buffer][] => [
      [encoding, Buffer.from(text)],
      [`${encoding} in UTF-16`, Buffer.from(text, "utf16le")],
      [`${encoding} in big-endian UTF-16`, Buffer.from(text, "utf16le").swap16()],
    ]),
  ];
}

/** Base64 of octets as they stand alone, and as what is left of them at each place within something larger. */
function base64Forms(raw: Buffer): [string, string][] {
  return (["base64", "base64url"] as const).flatMap((encoding) =>
    [0, 1, 2].map((before): [string, string] => {
      const text = Buffer.concat([Buffer.alloc(before), raw])
        .toString(encoding)
        .replace(/=+$/, "");
      // The first digits hold bits of what stands before; the last, of what stands behind.
      const from = Math.ceil((before * 8) / 6);
      const to = Math.floor(((before + raw.length) * 8) / 6);
      return [`${encoding} at place ${before}`, text.slice(from, to)];
    }),
  );
}

const withoutEdges = (base64: string): string => base64.replace(/=+$/, "").slice(0, -1);

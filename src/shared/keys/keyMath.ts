import type { CurvePair } from "../security.ts";
import { KEY_OCTETS } from "./curveKey.ts";
import { decodeZ85, encodeZ85 } from "./z85.ts";

/** What can be done with CURVE keys in Z85. */
export type KeyMath = {
  /** The public half of a secret key. */
  derivePublic(secretKey: string): string;
  generatePair(): CurvePair;
};

type ExportedPublic = { readonly type: "spki"; readonly format: "der" };
type ExportedSecret = { readonly type: "pkcs8"; readonly format: "der" };
type KeyObject = { export(how: ExportedPublic | ExportedSecret): Uint8Array };

/** The part of `node:crypto` that is needed. It is handed in, since this folder imports nothing. */
type NodeCrypto<K extends KeyObject, B extends Uint8Array> = {
  createPrivateKey(input: { readonly key: B } & ExportedSecret): K;
  createPublicKey(secret: K): K;
  generateKeyPairSync(type: "x25519"): { readonly publicKey: K; readonly privateKey: K };
};

/** ASN.1 before the 32 octets of an X25519 secret key (RFC 8410, section 7). */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

/** CURVE keys are X25519 keys (RFC 26), which Node.js computes from its own kind of buffer. */
export function keyMath<K extends KeyObject, B extends Uint8Array>(
  crypto: NodeCrypto<K, B>,
  toBuffer: (octets: Uint8Array) => B,
): KeyMath {
  const publicHalf = (key: K): string => lastOctets(key.export({ type: "spki", format: "der" }));
  return {
    derivePublic(secretKey) {
      const octets = decodeZ85(secretKey);
      if (octets?.length !== KEY_OCTETS) throw new RangeError("No CURVE key was given to derive from.");
      const key = toBuffer(Uint8Array.of(...PKCS8_PREFIX, ...octets));
      return publicHalf(crypto.createPublicKey(crypto.createPrivateKey({ key, type: "pkcs8", format: "der" })));
    },
    generatePair() {
      const { publicKey, privateKey } = crypto.generateKeyPairSync("x25519");
      const secretKey = lastOctets(privateKey.export({ type: "pkcs8", format: "der" }));
      return { publicKey: publicHalf(publicKey), secretKey };
    },
  };
}

/** Both encodings end with the key itself. */
function lastOctets(der: Uint8Array): string {
  return encodeZ85(der.subarray(der.length - KEY_OCTETS));
}

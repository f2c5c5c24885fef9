import * as crypto from "node:crypto";
import { decodeZ85 } from "../../src/shared/keys/z85.ts";
import { keyMath } from "../../src/shared/keys/keyMath.ts";

/** The real thing: X25519 by Node.js. */
export const math = keyMath<crypto.KeyObject, Buffer>(crypto, (octets) => Buffer.from(octets));

/** The pair of the client in libzmq's documentation. */
export const KNOWN = {
  publicKey: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
  secretKey: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
};

/** A secret as it could stand in a text or file: itself, and what it stands for in every encoding. */
export function secretForms(secret: string): readonly Buffer[] {
  const octets = [Buffer.from(secret), Buffer.from(decodeZ85(secret) ?? [])].filter(({ length }) => length > 0);
  const texts = octets.flatMap((bytes) => {
    // Only whole groups, since base64 may go on behind the secret.
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
    const hex = bytes.toString("hex");
    return [hex, hex.toUpperCase(), whole.toString("base64"), whole.toString("base64url")];
  });
  return [...octets, ...texts.map((text) => Buffer.from(text))];
}

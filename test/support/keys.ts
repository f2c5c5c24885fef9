import * as crypto from "node:crypto";
import { keyMath } from "../../src/shared/keys/keyMath.ts";

/** The real thing: X25519 by Node.js. */
export const math = keyMath<crypto.KeyObject, Buffer>(crypto, (octets) => Buffer.from(octets));

/** The pair of the client in libzmq's documentation. */
export const KNOWN = {
  publicKey: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
  secretKey: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
};

import * as crypto from "node:crypto";
import { keyMath } from "../shared/keys/keyMath.ts";

/** Key pairs by Node.js. */
export const math = keyMath<crypto.KeyObject, Buffer>(crypto, (octets) => Buffer.from(octets));

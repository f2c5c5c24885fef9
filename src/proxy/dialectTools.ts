import { createHmac, randomBytes } from "node:crypto";
import type { DialectTools } from "./dialects/dialect.ts";

/** Ids, time and signatures for dialects. */
export const dialectTools: DialectTools = {
  newId: () => randomBytes(16).toString("hex"),
  nowMs: () => Date.now(),
  hmacSha256: (key, parts) => parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", key)).digest(),
};

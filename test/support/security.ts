import type { TapSecurity } from "../../src/shared/security.ts";

/** A tap without keys and rules, to be spread under those that it has. */
export const NO_SECURITY: TapSecurity = {
  clientLeg: null,
  serverLeg: null,
  serverPair: null,
  serverKey: null,
  clientPair: null,
  clientPairs: [],
  allow: null,
  plain: null,
};

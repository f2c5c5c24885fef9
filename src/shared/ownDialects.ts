import { DIALECTS } from "./dialects.ts";
import { DECODERS } from "./model.ts";

/** What a module of the user's reads: whole messages, or one frame's octets. */
export const OWN_KINDS = ["dialect", "decoder"] as const;
export type OwnKind = (typeof OWN_KINDS)[number];

/** A module of the user's, as the setting `zmqTap.dialects` names it. */
export type OwnModule = {
  readonly name: string;
  readonly kind: OwnKind;
  /** In the setting a path in the workspace; to the engine a whole path. */
  readonly module: string;
};

/** Modules that are used at once: each has a thread of its own. */
export const MAX_OWN_MODULES = 8;

/** Why a text cannot name a module of the user's, as the end of a sentence, or `null`. */
export function ownNameProblem(name: string): string | null {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    return "must be of lower-case letters, digits and dashes, begin with a letter, and have at most 40 characters.";
  const isTaken = [...DIALECTS, ...DECODERS].some((known) => known === name);
  return isTaken ? "is the name of a dialect or decoder of ZMQ Tap's own." : null;
}

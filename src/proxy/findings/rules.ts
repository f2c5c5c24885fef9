import { publications } from "./publications.ts";
import { repWedged } from "./repWedged.ts";
import { repMissingDelimiter } from "./repMissingDelimiter.ts";
import { replyAfterReconnect } from "./replyAfterReconnect.ts";
import { replyToEarlierRequest } from "./replyToEarlierRequest.ts";
import { requestPeerGone } from "./requestPeerGone.ts";
import { requestSentTwice } from "./requestSentTwice.ts";
import { requestUnanswered } from "./requestUnanswered.ts";
import type { MakeRule } from "./rule.ts";
import { sequences } from "./sequences.ts";
import { slowSubscriber } from "./slowSubscriber.ts";

/** All rules, in the order in which each row is shown to them. What explains a request comes before what only counts its age. */
export const RULES: readonly MakeRule[] = [
  // Stuck requests.
  repMissingDelimiter,
  repWedged,
  replyToEarlierRequest,
  replyAfterReconnect,
  requestPeerGone,
  requestSentTwice,
  requestUnanswered,
  // Publish and subscribe.
  publications,
  slowSubscriber,
  // Loss.
  sequences,
];

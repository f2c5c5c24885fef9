import { publications } from "./publications.ts";
import { repWedged } from "./repWedged.ts";
import { repMissingDelimiter } from "./repMissingDelimiter.ts";
import { replyAfterReconnect } from "./replyAfterReconnect.ts";
import { replyToEarlierRequest } from "./replyToEarlierRequest.ts";
import { requestPeerGone } from "./requestPeerGone.ts";
import { requestSentTwice } from "./requestSentTwice.ts";
import { requestUnanswered } from "./requestUnanswered.ts";
import { boundToAll } from "./boundToAll.ts";
import { curveAnyClient } from "./curveAnyClient.ts";
import { extraDelimiter } from "./extraDelimiter.ts";
import { frameCountDiffers } from "./frameCountDiffers.ts";
import { handshakes } from "./handshakes.ts";
import { heartbeatMissed } from "./heartbeatMissed.ts";
import { heartbeatTtl } from "./heartbeatTtl.ts";
import { lastWorkerLeft } from "./lastWorkerLeft.ts";
import { pickleBeyondLoopback } from "./pickleBeyondLoopback.ts";
import { plainBeyondLoopback } from "./plainBeyondLoopback.ts";
import { reconnectStorm } from "./reconnectStorm.ts";
import { replyForOtherIdentity } from "./replyForOtherIdentity.ts";
import { routerNeverAnswers } from "./routerNeverAnswers.ts";
import type { MakeRule } from "./rule.ts";
import { sequences } from "./sequences.ts";
import { slowSubscriber } from "./slowSubscriber.ts";
import { serverDown } from "./serverDown.ts";
import { unevenWork } from "./unevenWork.ts";
import { untappedEndpoint } from "./untappedEndpoint.ts";

/** All rules, in the order in which each row is shown to them. What explains a request comes before what only counts its age. */
export const RULES: readonly MakeRule[] = [
  // Envelope and topology.
  routerNeverAnswers,
  replyForOtherIdentity,
  extraDelimiter,
  frameCountDiffers,
  handshakes,
  lastWorkerLeft,
  unevenWork,
  heartbeatMissed,
  heartbeatTtl,
  reconnectStorm,
  serverDown,
  untappedEndpoint,
  // Security.
  plainBeyondLoopback,
  pickleBeyondLoopback,
  curveAnyClient,
  boundToAll,
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

import type { LinkState, TapState } from "../../src/shared/model.ts";

/** A link of a REQ that has an identity. */
export const link: LinkState = {
  link: 3,
  origin: "wire",
  client: "127.0.0.1:51880",
  server: "127.0.0.1:5556",
  sockets: { client: "REQ", server: "REP" },
  identity: { client: "gui-7", server: "" },
  version: "3.1",
  mechanism: "NULL",
  handshake: "done",
  steps: [],
  verdict: null,
  subscriptions: [],
  subscriptionCount: 0,
  messages: 48,
  pending: 0,
};

/** A tap that listens and has no links yet. */
export const tap: TapState = {
  config: { id: "t1", name: "orders", server: "tcp://127.0.0.1:5556", listen: "tcp://127.0.0.1:*" },
  status: "listening",
  listening: "tcp://127.0.0.1:41234",
  problem: null,
  messages: 0,
  bytes: 0,
  messagesPerSecond: 0,
  links: [],
  moreLinks: 0,
  failing: [],
  speaksCurve: false,
  waiting: [],
};

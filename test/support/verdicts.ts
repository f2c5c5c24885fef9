import type { HandshakeDetail } from "../../src/proxy/wire/linkSink.ts";
import type { Verdict } from "../../src/shared/model.ts";

export const wrongKey: Verdict = {
  id: "wrong-server-key",
  sentence: "The client has the wrong server key: its HELLO could not be opened.",
  advice: "Give the client the server's public key.",
  isCertain: true,
  candidates: [],
  retries: "yes",
  leg: null,
  offersProbe: false,
};

const peer = { version: null, mechanism: null, socket: null, identityHex: "", metadata: {} };

/** A handshake that failed with this verdict. */
export function failedWith(verdict: Verdict): HandshakeDetail {
  return {
    state: "failed",
    version: "3.1",
    mechanism: "CURVE",
    sockets: { client: null, server: null },
    client: peer,
    server: peer,
    steps: [],
    verdict,
  };
}

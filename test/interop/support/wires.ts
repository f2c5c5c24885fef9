import assert from "node:assert/strict";
import { curveKeyPair } from "zeromq";
import type { CurvePair, LegMechanism } from "../../../src/shared/security.ts";
import type { PeerOptions } from "../peers/peer.ts";
import type { Recorder } from "./recorder.ts";
import type { Rig } from "./rig.ts";
import type { TapKeys } from "./tapKeys.ts";

/** How two programs and the tap between them are secured. */
export type Wires = {
  readonly listener: PeerOptions;
  readonly connector: PeerOptions;
  readonly keys?: TapKeys;
  /** Options for talking without a tap, where the two above do not fit each other. */
  readonly direct?: { readonly listener: PeerOptions; readonly connector: PeerOptions };
  /** Holds what ran on both sides of the tap against each other. Called while the links are open. */
  assertWire(rig: Rig): Promise<void>;
};

/** No security: what leaves a tap is, octet for octet, what entered it. */
export const OPEN: Wires = { listener: {}, connector: {}, assertWire: (rig) => rig.assertBytesEqual() };

/** Options of a CURVE server. */
export const curveServer = ({ secretKey }: CurvePair): PeerOptions => ({
  curveServer: true,
  curveSecretKey: secretKey,
});

/** Options of a CURVE client of the server with this public key. */
export const curveClient = (server: string, { publicKey, secretKey }: CurvePair): PeerOptions => ({
  curveServerKey: server,
  curvePublicKey: publicKey,
  curveSecretKey: secretKey,
});

/** Fresh pairs for CURVE on both sides of a tap that holds the server's. `server` says who is the CURVE server. */
export function curveWires(server: "listener" | "connector"): Wires {
  const serverPair = curveKeyPair();
  const ofServer = curveServer(serverPair);
  const ofClient = curveClient(serverPair.publicKey, curveKeyPair());
  const [listener, connector] = server === "listener" ? [ofServer, ofClient] : [ofClient, ofServer];
  return { listener, connector, keys: { serverPair }, assertWire: assertRekeyed };
}

/** The PLAIN user of wires that have one. Servers must let it in. */
export const PLAIN_USER = { user: "admin", password: "correct horse" };
/** The pair that taps show to the CURVE servers of wires with different legs. Servers must let it in. */
export const TAP_PAIR: CurvePair = curveKeyPair();

/** A tap that adds or removes security: who listens is the server of `server`, who connects the client of `client`. */
export function legWires(client: LegMechanism, server: LegMechanism): Wires {
  const [serverPair, tapPair] = [curveKeyPair(), curveKeyPair()];
  const listeners = { NULL: {}, PLAIN: { plainServer: true, zapDomain: "test" }, CURVE: curveServer(serverPair) };
  const connectors = {
    NULL: {},
    PLAIN: { plainUser: PLAIN_USER.user, plainPassword: PLAIN_USER.password },
    CURVE: curveClient(tapPair.publicKey, curveKeyPair()),
  };
  return {
    listener: listeners[server],
    connector: connectors[client],
    keys: {
      clientLeg: client,
      serverLeg: server,
      ...(client === "CURVE" ? { serverPair: tapPair } : {}),
      ...(server === "CURVE" ? { serverKey: serverPair.publicKey, clientPair: TAP_PAIR } : {}),
      ...(client === "PLAIN" || server === "PLAIN" ? { plain: PLAIN_USER } : {}),
    },
    direct: { listener: {}, connector: {} },
    assertWire: ({ before, after }) => {
      assert.deepEqual(mechanismsOf(before), new Set([client]));
      assert.deepEqual(mechanismsOf(after), new Set([server]));
      return Promise.resolve();
    },
  };
}

/** Mechanisms of all greetings. */
function mechanismsOf({ recordings }: Pick<Recorder, "recordings">): Set<string> {
  const streams = recordings.flatMap(({ fromClient, fromServer }) => [fromClient, fromServer]);
  return new Set(
    streams.map((chunks) => {
      const bytes = Buffer.concat(chunks);
      return bytes.toString("latin1", 12, bytes.indexOf(0, 12));
    }),
  );
}

/** CURVE ran on both sides of the tap, and no box is the same on both. */
function assertRekeyed({ before, after }: Rig): Promise<void> {
  assert.equal(before.recordings.length, after.recordings.length);
  const boxes = boxesOf(before);
  assert.ok(boxes.size > 0, "nothing encrypted came from the programs");
  assert.deepEqual(
    [...boxesOf(after)].filter((box) => boxes.has(box)),
    [],
  );
  return Promise.resolve();
}

/** The first octets behind the nonce of each MESSAGE; every stream must be one of CURVE. */
function boxesOf({ recordings }: Pick<Recorder, "recordings">): Set<string> {
  const boxes = new Set<string>();
  for (const { fromClient, fromServer } of recordings) {
    for (const bytes of [Buffer.concat(fromClient), Buffer.concat(fromServer)]) {
      assert.equal(bytes.toString("latin1", 12, 18), "CURVE\0");
      for (let at = bytes.indexOf("\x07MESSAGE"); at !== -1; at = bytes.indexOf("\x07MESSAGE", at + 8)) {
        boxes.add(bytes.toString("hex", at + 16, at + 32));
      }
    }
  }
  return boxes;
}

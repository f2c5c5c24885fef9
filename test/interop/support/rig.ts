import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { TestContext } from "node:test";
import { CliTap } from "./cliTap.ts";
import type { FindingId } from "../../../src/shared/findings.ts";
import { expectFindings } from "./expectedFindings.ts";
import { Recorder, type Recording } from "./recorder.ts";
import type { TapKeys } from "./tapKeys.ts";

/** What a recorder has seen. */
type Recorded = Pick<Recorder, "recordings" | "total" | "until">;

/** A tap with a byte recorder on each side: client → before → tap → after → server. */
export type Rig = {
  /** Where clients connect. */
  readonly endpoint: string;
  /** Through which SOCKS server, as `host:port`. */
  readonly proxy?: string;
  readonly tap: CliTap;
  readonly before: Recorded;
  readonly after: Recorder;
  /** What may be found in its capture, since the test's programs do that; nothing else may. */
  readonly expected: Set<FindingId>;
  /** Waits until what entered the tap has left it, then compares both link by link and way by way. */
  assertBytesEqual(): Promise<void>;
};

/**
 * Puts a rig before the server at this loopback endpoint, its tap with these keys, and these arguments instead of its own.
 * It ends with the test, which fails when anything is found to be wrong.
 */
export async function startRig(t: TestContext, server: string, keys?: TapKeys, args?: readonly string[]): Promise<Rig> {
  const after = await Recorder.start({ host: "127.0.0.1", port: portOf(server) });
  t.after(() => after.stop());
  const tap = await CliTap.start(after.endpoint, args, keys);
  t.after(() => tap.stop());
  const before = await Recorder.start({ host: "127.0.0.1", port: tap.port });
  t.after(() => before.stop());
  return {
    expected: expectFindings(t, tap, keys),
    endpoint: before.endpoint,
    tap,
    before,
    after,
    assertBytesEqual: () => assertBytesEqual(before, after),
  };
}

/** The same with a SOCKS tap: clients connect to the server's own endpoint. What `before` tells is without their handshakes. */
export async function startSocksRig(t: TestContext, server: string, keys?: TapKeys): Promise<Rig> {
  const after = await Recorder.start({ host: "127.0.0.1", port: portOf(server) });
  t.after(() => after.stop());
  const tap = await CliTap.startSocks(["--json", "--full"], keys);
  t.after(() => tap.stop());
  const recorder = await Recorder.start({ host: "127.0.0.1", port: tap.port });
  t.after(() => recorder.stop());
  const before: Recorded = {
    get recordings() {
      return recorder.recordings.map(withoutHandshake);
    },
    get total() {
      const handshakes = recorder.recordings.length * (SOCKS_BYTES.fromClient + SOCKS_BYTES.fromServer);
      return Math.max(0, recorder.total - handshakes);
    },
    until: (isTrue) => recorder.until(isTrue),
  };
  return {
    expected: expectFindings(t, tap, keys),
    endpoint: after.endpoint,
    proxy: `127.0.0.1:${recorder.port}`,
    tap,
    before,
    after,
    assertBytesEqual: () => assertBytesEqual(before, after),
  };
}

/** Of a handshake that asks for an IPv4 address. */
const SOCKS_BYTES = { fromClient: 3 + 10, fromServer: 2 + 10 };

function withoutHandshake({ fromClient, fromServer, isOpen }: Recording): Recording {
  return {
    fromClient: [Buffer.concat(fromClient).subarray(SOCKS_BYTES.fromClient)],
    fromServer: [Buffer.concat(fromServer).subarray(SOCKS_BYTES.fromServer)],
    isOpen,
  };
}

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));

async function assertBytesEqual(before: Recorded, after: Recorded): Promise<void> {
  const isLevel = (): boolean => before.total === after.total && before.recordings.length === after.recordings.length;
  await Promise.race([before.until(isLevel), after.until(isLevel)]);
  assert.deepEqual(digests(after.recordings), digests(before.recordings));
}

/** Each link's octets in both directions, in an order that does not depend on when the connections were accepted. */
const digests = (recordings: readonly Recording[]): string[] =>
  recordings.map(({ fromClient, fromServer }) => `${digest(fromClient)} ${digest(fromServer)}`).sort();

function digest(chunks: readonly Buffer[]): string {
  const bytes = Buffer.concat(chunks);
  return `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`;
}

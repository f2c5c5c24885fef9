import assert from "node:assert/strict";
import { test } from "node:test";
import { pickleBeyondLoopback } from "../../../src/proxy/findings/pickleBeyondLoopback.ts";
import { handshake, link, linkClosed, watchRule } from "../../support/seenRows.ts";

/** `pickle.dumps({"a": 1})` of protocol 4. */
const PICKLE = Buffer.from("80049509000000000000007d948c0161944b01732e", "hex");
const far = { client: "10.0.0.7:40001", mechanism: "NULL" } as const;

test("pickleBeyondLoopback tells pickles on a leg that leaves this machine, once for each sender", () => {
  const { see, told } = watchRule(pickleBeyondLoopback);
  const on = link(1, far);
  see(handshake(on));
  see({ link: on, frames: ["", "text"] });
  see({ link: on, frames: ["", PICKLE] });
  see({ link: on, frames: ["", PICKLE] });
  see({ link: on, frames: ["", PICKLE], dir: "s2c" });
  assert.deepEqual(
    told().map(({ id, text, severity, count, evidence }) => [id, text, severity, count, evidence]),
    [
      [
        "pickle-beyond-loopback",
        "Pickled Python data of the client crosses the network unencrypted, between the tap and the client at 10.0.0.7.",
        "error",
        2,
        [3, 4],
      ],
      [
        "pickle-beyond-loopback",
        "Pickled Python data of the server crosses the network unencrypted, between the tap and the client at 10.0.0.7.",
        "error",
        1,
        [5],
      ],
    ],
  );
});

test("pickleBeyondLoopback is silent on this machine, behind encryption, and on what only begins like a pickle", () => {
  const { see, said } = watchRule(pickleBeyondLoopback);
  see(handshake(link(1)));
  see({ link: link(1), frames: [PICKLE] });
  see(handshake(link(2, { ...far, mechanism: "CURVE" })));
  see({ link: link(2), frames: [PICKLE] });
  see(handshake(link(3, far), { more: { rekeyed: { client: "CURVE", server: "NULL" } } }));
  see({ link: link(3), frames: [PICKLE] });
  see(handshake(link(4, far), { state: "failed" }));
  see({ link: link(4), frames: [PICKLE] });
  const on = link(5, far);
  see(handshake(on));
  see({ link: null, frames: [PICKLE] });
  see({ link: link(6, far), frames: [PICKLE] });
  for (const frame of [
    Uint8Array.of(0x80),
    Uint8Array.of(0x80, 9, 1),
    Uint8Array.of(0x80, 4, 0xff),
    PICKLE.subarray(0, 9),
  ]) {
    see({ link: on, frames: [frame] });
  }
  see({ link: on, frames: [PICKLE, new Uint8Array(2_000_000)] });
  see(linkClosed(on));
  see({ link: on, frames: [PICKLE] });
  see({ link: null, event: "server-down", detail: {} });
  assert.deepEqual(said(), []);
});

test("pickleBeyondLoopback looks into the first messages of a link, then into some", () => {
  const { see, told } = watchRule(pickleBeyondLoopback);
  const on = link(1, { ...far, mechanism: null });
  see(handshake(on));
  for (let message = 0; message < 300; message++) see({ link: on, frames: [PICKLE] });
  assert.equal(told()[0]!.count, 36);
});

test("pickleBeyondLoopback judges a long pickle by its beginning", () => {
  const { see, said } = watchRule(pickleBeyondLoopback);
  const on = link(1, { client: "127.0.0.1:1", server: "10.0.0.9:5555", mechanism: "PLAIN" });
  // A list of 3,000 numbers.
  const long = [0x80, 4, 0x5d, 0x28, ...Array.from({ length: 3_000 }, (_, n) => [0x4b, n & 255]).flat(), 0x65, 0x2e];
  see(handshake(on));
  see({ link: on, frames: [Uint8Array.from(long)] });
  assert.equal(said().length, 1);
});

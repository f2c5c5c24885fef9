import assert from "node:assert/strict";
import { test } from "node:test";
import * as zmq from "zeromq";
import { legSecurity, ZapHandler } from "../../../src/proxy/bridge/legSecurity.ts";
import { NO_KEYS } from "../../support/bridges.ts";

const PAIR = zmq.curveKeyPair();
const OTHER = zmq.curveKeyPair();
const PLAIN = { user: "gui", password: "secret" };

test("legSecurity tells a leg that binds to be the security server, and who may connect", () => {
  assert.deepEqual(legSecurity(zmq, "in", "bind", null, "a domain"), { options: {}, rule: null });
  assert.deepEqual(legSecurity(zmq, "in", "bind", NO_KEYS, "a domain"), { options: {}, rule: null });
  assert.deepEqual(
    legSecurity(zmq, "in", "bind", { ...NO_KEYS, serverPair: PAIR, allow: [OTHER.publicKey] }, "a domain"),
    {
      options: { curveServer: true, curveSecretKey: PAIR.secretKey, zapDomain: "a domain" },
      rule: { curve: [OTHER.publicKey] },
    },
  );
  assert.deepEqual(legSecurity(zmq, "out", "bind", { ...NO_KEYS, plain: PLAIN }, "a domain"), {
    options: { plainServer: true, zapDomain: "a domain" },
    rule: { plain: PLAIN },
  });
});

test("legSecurity tells a leg that connects to be the client, with a fresh pair where it has none", () => {
  assert.deepEqual(legSecurity(zmq, "out", "connect", NO_KEYS, "a domain"), { options: {}, rule: null });
  assert.deepEqual(legSecurity(zmq, "out", "connect", { ...NO_KEYS, plain: PLAIN }, "a domain"), {
    options: { plainUsername: "gui", plainPassword: "secret" },
    rule: null,
  });
  assert.deepEqual(
    legSecurity(zmq, "out", "connect", { ...NO_KEYS, serverKey: PAIR.publicKey, clientPair: OTHER }, "a domain")
      .options,
    { curveServerKey: PAIR.publicKey, curvePublicKey: OTHER.publicKey, curveSecretKey: OTHER.secretKey },
  );
  const fresh = (): string =>
    (
      legSecurity(zmq, "out", "connect", { ...NO_KEYS, serverPair: PAIR }, "a domain").options as {
        curveSecretKey: string;
      }
    ).curveSecretKey;
  assert.notEqual(fresh(), fresh());
});

test("legSecurity refuses keys that lack the one that counts, and names none", () => {
  for (const part of [{ serverKey: PAIR.publicKey }, { clientPair: PAIR }, { allow: [PAIR.publicKey] }])
    assert.throws(() => legSecurity(zmq, "in", "bind", { ...NO_KEYS, ...part }, "a domain"), {
      code: "bad-bridge-security",
      message:
        'The "in" side of the bridge binds with CURVE, and needs a key pair to show to the clients that connect. Give it.',
    });
  for (const part of [{ clientPair: PAIR }, { allow: [] }])
    assert.throws(() => legSecurity(zmq, "out", "connect", { ...NO_KEYS, ...part }, "a domain"), {
      message: /^The "out" side of the bridge connects with CURVE, and needs the public key of the server/,
    });
});

test("ZapHandler lets in whom the rule of the domain allows, and answers what is no question of libzmq's with nothing", async (t) => {
  const context = new zmq.Context();
  const handler = await ZapHandler.open(zmq, context);
  handler.setRule("in", { plain: PLAIN });
  handler.setRule("listed", { curve: [OTHER.publicKey] });
  handler.setRule("any", { curve: null });
  t.after(() => handler.close());
  const asking = new zmq.Dealer({ context, linger: 0 });
  t.after(() => asking.close());
  asking.connect("inproc://zeromq.zap.01");
  const status = async (domain: string, mechanism: string, ...credentials: (string | Buffer)[]): Promise<string> => {
    await asking.send(["", "1.0", "7", domain, "127.0.0.1", "", mechanism, ...credentials]);
    const [, version, id, code] = await asking.receive();
    assert.deepEqual([String(version), String(id)], ["1.0", "7"]);
    return String(code);
  };
  const octets = (await import("../../../src/shared/keys/z85.ts")).decodeZ85(OTHER.publicKey)!;
  await asking.send(["no delimiter", "1.0"]);
  await asking.send([""]);
  assert.equal(await status("in", "PLAIN", "gui", "secret"), "200");
  for (const [user, password] of [["gui", "Secret"], ["", ""], ["gui"], ["secret", "gui"]])
    assert.equal(await status("in", "PLAIN", ...[user ?? "", ...(password === undefined ? [] : [password])]), "400");
  assert.equal(await status("in", "CURVE", Buffer.from(octets)), "400");
  assert.equal(await status("in", "NULL"), "400");
  assert.equal(await status("elsewhere", "PLAIN", "gui", "secret"), "400");
  assert.equal(await status("listed", "CURVE", Buffer.from(octets)), "200");
  assert.equal(await status("listed", "CURVE", Buffer.alloc(32, 1)), "400");
  assert.equal(await status("listed", "CURVE", Buffer.from("short")), "400");
  assert.equal(await status("any", "CURVE", Buffer.alloc(32, 1)), "200");
  handler.setRule("any", null);
  assert.equal(await status("any", "CURVE", Buffer.alloc(32, 1)), "400");
});

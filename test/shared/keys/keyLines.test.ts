import assert from "node:assert/strict";
import { test } from "node:test";
import { readKeyLines } from "../../../src/shared/keys/keyLines.ts";
import { decodeZ85 } from "../../../src/shared/keys/z85.ts";
import { KNOWN } from "../../support/keys.ts";

const { publicKey, secretKey } = KNOWN;
const hex = Buffer.from(decodeZ85(secretKey)!).toString("hex");
const base64 = Buffer.from(decodeZ85(secretKey)!).toString("base64");

const lines: Record<string, [string, string, string]> = {
  [`ZMQ_SERVER_PUBLIC_KEY=${publicKey}`]: ["server", "public", publicKey],
  [`export CLIENT_SECRET="${secretKey}" # keep it`]: ["client", "secret", secretKey],
  [`set CURVE_SECRETKEY='${secretKey}';`]: ["", "secret", secretKey],
  [`$env:BackendPrivateKey = "${hex}"`]: ["backend", "secret", secretKey],
  [`  "public_key": "${publicKey}",`]: ["", "public", publicKey],
  [`ZMQ_CURVE_SERVERKEY=${publicKey}`]: ["server", "public", publicKey],
  [`server_key: ${base64}`]: ["server", "public", secretKey],
  [`worker.a = b"${secretKey}"`]: ["worker-a", "unsure", secretKey],
  [`pub=${publicKey}, `]: ["", "public", publicKey],
  [`privKey=${secretKey} // mine`]: ["", "secret", secretKey],
  [secretKey]: ["", "unsure", secretKey],
  [`"${secretKey}",`]: ["", "unsure", secretKey],
  [`\uFEFF${base64}`]: ["", "unsure", secretKey],
};

for (const [line, [name, role, key]] of Object.entries(lines)) {
  test(`readKeyLines takes ${line.replace(/[^ ="':]{30,}/, "…")} for a ${role} key`, () => {
    const { found, unreadable } = readKeyLines(line);
    assert.deepEqual(
      found.map((one) => [one.name, one.role, one.key]),
      [[name, role, key]],
    );
    assert.deepEqual(unreadable, []);
  });
}

test("readKeyLines reads what libzmq's curve_keygen prints", () => {
  const text = `This tool generates a CurveZMQ keypair\n\n== CURVE PUBLIC KEY ==\n${publicKey}\n\n== CURVE SECRET KEY ==\n${secretKey}\n`;
  assert.deepEqual(readKeyLines(text).found, [
    { name: "", role: "public", key: publicKey, format: "Z85" },
    { name: "", role: "secret", key: secretKey, format: "Z85" },
  ]);
});

test("readKeyLines takes a key that looks like a variable for the key it is", () => {
  const key = "Yne=$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
  assert.deepEqual(
    readKeyLines(key).found.map((one) => one.key),
    [key],
  );
});

test("readKeyLines names variables that should hold a key and do not, and passes over the rest", () => {
  const text = `PATH=/usr/bin\nSERVER_PUBLIC_KEY=${publicKey.slice(1)}\nDEBUG=1\nclient-secret-key =\n`;
  assert.deepEqual(readKeyLines(text), { found: [], unreadable: ["SERVER_PUBLIC_KEY"] });
});

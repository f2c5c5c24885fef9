import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_NATIVE_FILE, zeromqMissing } from "../../src/shared/zeromqMissing.ts";

const failed = (code: string, message = "x"): Error => Object.assign(new Error(message), { code });

test("zeromqMissing says what needs the library, why it is not there, what to do, and what works without it", () => {
  const universal = zeromqMissing("A bridge", failed(NO_NATIVE_FILE));
  assert.equal(universal.code, "zeromq-missing");
  assert.match(
    universal.message,
    /^A bridge needs the zeromq library, which the universal package .* does not carry\./,
  );
  assert.match(universal.message, /Install the package for this machine.*Taps, also with keys, .* work without it\.$/);
  for (const code of ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]) {
    assert.match(
      zeromqMissing("A call to an endpoint", failed(code)).message,
      /^A call to an endpoint needs .* is not installed\. .*--include=optional\./,
    );
  }
});

test("zeromqMissing gives the first line of another reason, cut", () => {
  const dlopen = zeromqMissing("A bridge", failed("ERR_DLOPEN_FAILED", "libc.so.6: version not found\nmore"));
  assert.match(dlopen.message, /\(libc\.so\.6: version not found\)\. .*npm rebuild zeromq\./);
  assert.doesNotMatch(dlopen.message, /more/);
  const long = zeromqMissing("A bridge", "y".repeat(10_000));
  assert.ok(long.message.length < 600, String(long.message.length));
});

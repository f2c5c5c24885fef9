import assert from "node:assert/strict";
import { test } from "node:test";
import * as faults from "../../src/proxy/faults.ts";
import { UserError } from "../../src/shared/userError.ts";

const made: UserError[] = [
  faults.badEndpoint("x", "server", "the transport is missing. Write tcp://x."),
  faults.httpHasNoKeys("pyblish"),
  faults.otherProtocol("pyblish", true),
  faults.otherProtocol("pyblish", false),
  faults.httpNotAsked("http://127.0.0.1:1"),
  faults.portInUse("tcp://127.0.0.1:1", undefined),
  faults.portNotAllowed("tcp://127.0.0.1:1", undefined),
  faults.noSuchAddress("tcp://192.0.2.1:1", undefined),
  faults.cannotListen("tcp://127.0.0.1:1", new Error("EMFILE")),
  faults.cannotListen("tcp://127.0.0.1:1", "EMFILE"),
  faults.ipcPathTooLong("/tmp/x", 200, 107),
  faults.ipcTaken("/tmp/x"),
  faults.ipcNotASocket("/tmp/x"),
  faults.ipcOnWindows(),
  faults.abstractSocketUnsupported("x"),
  faults.listensOnItsServer("tcp://127.0.0.1:1"),
  faults.tapLoop("other", "tcp://127.0.0.1:1"),
  faults.noSuchTap("x"),
  faults.ownSocketRow(1, "x"),
  faults.tapNotRunning("x"),
  faults.rowGone(1),
  faults.filterGone(),
  faults.tooManyFilters(8),
  faults.wrongEngine(1, 2),
  faults.injectionRefused("Nothing was sent: the link closed. Choose another."),
  faults.cannotKeepQueue("/tmp/x", Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" })),
  faults.queueInUse("/tmp/x", 1),
  faults.cannotReadQueue("/tmp/x", new Error("EIO")),
  faults.badKey("The public and the secret key of the pair do not belong together."),
];

test("every fault of the engine says what failed and what to do, in at least two clauses", () => {
  for (const fault of made) {
    assert.ok(fault instanceof UserError);
    assert.match(fault.code, /^[a-z]+(-[a-z]+)*$/);
    assert.match(fault.message, /^[\s\S]+[.:;,][\s\S]+\.$/, fault.message);
  }
  assert.match(faults.noSuchFrame(1, 2).message, /no frame 2/);
  assert.doesNotMatch(faults.badEndpoint("http://me:secret@h", "server", "it is none.").message, /secret/);
});

test("isOutOfDescriptors knows the limits of a process and of the system", () => {
  const failed = (code: string): Error => Object.assign(new Error("accept failed"), { code });
  assert.deepEqual(
    [failed("EMFILE"), failed("ENFILE"), failed("ECONNREFUSED"), new Error("x")].map(faults.isOutOfDescriptors),
    [true, true, false, false],
  );
  assert.match(faults.OUT_OF_DESCRIPTORS, /^New clients are turned away: .* by themselves\.$/);
});

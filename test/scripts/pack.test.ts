import assert from "node:assert/strict";
import { test } from "node:test";
import { vsixProblems } from "../../scripts/tasks/pack.ts";

const good = [
  "extension.vsixmanifest",
  "[Content_Types].xml",
  "extension/package.json",
  "extension/package.nls.json",
  "extension/package.nls.de.json",
  "extension/l10n/bundle.l10n.json",
  "extension/l10n/bundle.l10n.de.json",
  "extension/readme.md",
  "extension/changelog.md",
  "extension/LICENSE.txt",
  "extension/docs/README.md",
  "extension/docs/findings.md",
  "extension/docs/socks.md",
  "extension/media/icon.png",
  "extension/media/zmqrpcLanguage.json",
  "extension/media/zmqrpcGrammar.json",
  "extension/media/zmqrpcResultsGrammar.json",
  "extension/dist/ThirdPartyNotices.txt",
  "extension/dist/extension.cjs",
  "extension/dist/commands.cjs",
  "extension/dist/adoption.cjs",
  "extension/dist/connectionFiles.cjs",
  "extension/dist/loadedBridges.cjs",
  "extension/dist/onDemand.cjs",
  "extension/dist/callLanguage.cjs",
  "extension/dist/assistantTools.cjs",
  "extension/dist/filterText.cjs",
  "extension/dist/engine.cjs",
  "extension/dist/dialects.cjs",
  "extension/dist/dialogue.cjs",
  "extension/dist/captureWatch.cjs",
  "extension/dist/pictures.cjs",
  "extension/dist/filterRun.cjs",
  "extension/dist/hostDoor.cjs",
  "extension/dist/sender.cjs",
  "extension/dist/watchAll.cjs",
  "extension/dist/openedMessage.cjs",
  "extension/dist/protoFiles.cjs",
  "extension/dist/calls.cjs",
  "extension/dist/readFilter.cjs",
  "extension/dist/seenValues.cjs",
  "extension/dist/conversationFilter.cjs",
  "extension/dist/fileCapture.cjs",
  "extension/dist/exportCapture.cjs",
  "extension/dist/dialectWorker.cjs",
  "extension/dist/ownDialects.cjs",
  "extension/dist/httpWatch.cjs",
  "extension/dist/standIns.cjs",
  "extension/dist/bridges.cjs",
  "extension/dist/webBridges.cjs",
  "extension/dist/web/zmq.js",
  "extension/dist/web/zmq.d.ts",
  "extension/dist/sendSession.cjs",
  "extension/dist/socksTaps.cjs",
  "extension/dist/interventions.cjs",
  "extension/dist/sodium.cjs",
  "extension/dist/msgpackr.cjs",
  "extension/dist/demo/demo.cjs",
  "extension/dist/native/linux-x64/zeromq.node",
  "extension/dist/view/main.js",
  "extension/dist/view/chunk-A1B2.js",
  "extension/dist/view/view.css",
  "extension/dist/view/codicon.css",
  "extension/dist/view/codicon.ttf",
];

test("vsixProblems finds nothing wrong with the files of a good VSIX", () => {
  assert.deepEqual(vsixProblems(good, 2_500_000, "linux-x64"), []);
});

test("vsixProblems names a missing file, a file that does not belong, and a size above the limit", () => {
  const files = [...good.filter((file) => !file.endsWith("engine.cjs")), "extension/node_modules/x/index.js"];
  assert.deepEqual(vsixProblems(files, 2_500_001, "linux-x64"), [
    "2500001 bytes are more than the 2500000 allowed",
    "extension/dist/engine.cjs is missing",
    "extension/node_modules/x/index.js does not belong in it (see .vscodeignore)",
  ]);
});

test("vsixProblems refuses the native file of another target", () => {
  assert.deepEqual(vsixProblems(good, 1, "darwin-arm64"), [
    "extension/dist/native/darwin-arm64/zeromq.node is missing",
    "extension/dist/native/linux-x64/zeromq.node does not belong in it (see .vscodeignore)",
  ]);
});

test("vsixProblems wants no native file in the universal package", () => {
  const files = good.filter((file) => !file.endsWith(".node"));
  assert.deepEqual(vsixProblems(files, 1, "universal"), []);
  assert.deepEqual(vsixProblems(good, 1, "universal"), [
    "extension/dist/native/linux-x64/zeromq.node does not belong in it (see .vscodeignore)",
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { filterProblem } from "../../src/shared/filterText.ts";
import { KNOWN } from "../support/keys.ts";
import {
  ANY_LISTEN,
  checkSettings,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_DISK_BYTES,
  DEFAULT_MAX_FRAME_BYTES,
  MIN_MAX_BYTES,
  MIN_MAX_DISK_BYTES,
  MIN_MAX_FRAME_BYTES,
} from "../../src/shared/settingsCheck.ts";

const good = { name: "orders", server: "tcp://127.0.0.1:5556", listen: "tcp://127.0.0.1:5557" };

const DEFAULT_LIMITS = {
  maxBytes: DEFAULT_MAX_BYTES,
  maxDiskBytes: DEFAULT_MAX_DISK_BYTES,
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
};

test("checkSettings takes defaults for what is not set", () => {
  assert.deepEqual(checkSettings({ taps: undefined, maxBytes: undefined }), {
    settings: { taps: [], limits: DEFAULT_LIMITS, lingerMs: 60_000, savedFilters: [], ownModules: [] },
    problems: [],
  });
});

test("checkSettings takes a time for the engine to go on alone from none to an hour, and says what is wrong with others", () => {
  for (const linger of [0, 0.5, 3600]) {
    const { settings, problems } = checkSettings({ taps: [], linger });
    assert.deepEqual([settings.lingerMs, problems], [linger * 1000, []]);
  }
  for (const linger of [-1, 3601, Number.NaN, "60", null]) {
    const { settings, problems } = checkSettings({ taps: [], linger });
    assert.equal(settings.lingerMs, 60_000);
    assert.match(problems[0]!, /"zmqTap.engine.linger" must be a number of seconds from 0 to 3600, not .* 60 is used/);
  }
});

test("checkSettings takes what is set", () => {
  const limits = { maxBytes: MIN_MAX_BYTES, maxDiskBytes: MIN_MAX_DISK_BYTES, maxFrameBytes: MIN_MAX_FRAME_BYTES };
  const savedFilters = [{ name: " slow ", filter: " latency > 50ms " }];
  assert.deepEqual(checkSettings({ taps: [good], ...limits, savedFilters }), {
    settings: {
      taps: [good],
      limits,
      lingerMs: 60_000,
      savedFilters: [{ name: "slow", text: "latency > 50ms" }],
      ownModules: [],
    },
    problems: [],
  });
});

test('checkSettings takes 0 for "zmqTap.capture.maxDiskBytes" as memory only, and no less than a useful size', () => {
  assert.equal(checkSettings({ taps: [], maxDiskBytes: 0 }).settings.limits.maxDiskBytes, 0);
  const { settings, problems } = checkSettings({ taps: [], maxDiskBytes: MIN_MAX_DISK_BYTES - 1 });
  assert.equal(settings.limits.maxDiskBytes, DEFAULT_MAX_DISK_BYTES);
  assert.match(problems.join(), /"zmqTap\.capture\.maxDiskBytes" must be 0 or a whole number of at least 67108864/);
});

test("checkSettings takes the dialect of a tap", () => {
  const tap = { ...good, dialect: "json-rpc" };
  assert.deepEqual(checkSettings({ taps: [tap] }).settings.taps, [tap]);
});

test("checkSettings takes the start filter of a tap", () => {
  const tap = { ...good, filter: 'topic == "orders"' };
  assert.deepEqual(checkSettings({ taps: [{ ...tap, filter: ` ${tap.filter} ` }] }).settings.taps, [tap]);
});

test("checkSettings takes the keys of a tap by their names", () => {
  const tap = { ...good, security: { serverPair: "backend", allow: [KNOWN.publicKey] } };
  assert.deepEqual(checkSettings({ taps: [tap], maxBytes: undefined }).settings.taps, [tap]);
});

test("checkSettings fills in what a tap leaves out", () => {
  const { settings } = checkSettings({ taps: [{ server: "ipc:///tmp/a" }], maxBytes: undefined });
  assert.deepEqual(settings.taps, [{ name: "ipc:///tmp/a", server: "ipc:///tmp/a", listen: ANY_LISTEN }]);
});

const badLists: Record<string, unknown> = { "a text": "tcp://h:1", "an object": {}, "a number": 7, null: null };
for (const [name, taps] of Object.entries(badLists)) {
  test(`checkSettings says that "zmqTap.taps" may not be ${name}`, () => {
    const { settings, problems } = checkSettings({ taps, maxBytes: undefined });
    assert.deepEqual(settings.taps, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /"zmqTap\.taps" must be a list/);
  });
}

const badTaps: Record<string, { tap: unknown; says: RegExp }> = {
  "that is a text": { tap: "tcp://h:1", says: /must be an object/ },
  "that is a list": { tap: [good], says: /must be an object/ },
  "that is null": { tap: null, says: /must be an object/ },
  "without a server": { tap: { name: "x" }, says: /needs a "server"/ },
  "with a number for a server": { tap: { server: 5556 }, says: /needs a "server"/ },
  "with a server that is no endpoint": { tap: { ...good, server: "localhost:5" }, says: /cannot be used/ },
  "with a listen that is no endpoint": { tap: { ...good, listen: "tcp://h" }, says: /cannot be used/ },
  "with a number for a listen endpoint": { tap: { ...good, listen: 5 }, says: /"listen"/ },
  "with a key as its name": { tap: { ...good, name: KNOWN.secretKey }, says: /a key itself as its name/ },
  "with a key as its server": { tap: { server: KNOWN.secretKey }, says: /a key itself as its name or endpoint/ },
  "with a secret key among its keys": {
    tap: { ...good, security: { serverPair: KNOWN.secretKey } },
    says: /a key itself in "serverPair"/,
  },
  "of an HTTP server with keys": {
    tap: { ...good, server: "http://127.0.0.1:8000", security: { serverPair: "backend" } },
    says: /has keys in "security".*speaks HTTP/,
  },
  "with a password in its server": { tap: { ...good, server: "http://me:secret@h" }, says: /"http:\/\/\*\*\*@h"/ },
  "with a key in place of its keys": { tap: { ...good, security: KNOWN.secretKey }, says: /no object/ },
  "that is a key": { tap: KNOWN.secretKey, says: /not a key/ },
  "with a start filter that is none": {
    tap: { ...good, filter: "latency >" },
    says: /filter "latency >".*cannot be used: .+/,
  },
  "with a number for a start filter": { tap: { ...good, filter: 7 }, says: /"filter" that is no text but 7/ },
  "with a dialect that is none": {
    tap: { ...good, dialect: "soap" },
    says: /"dialect" that is none but the text "soap"\. The dialects are raw, /,
  },
  "with a key as its start filter": { tap: { ...good, filter: KNOWN.secretKey }, says: /a key itself as its filter/ },
  "with an empty name": { tap: { ...good, name: " " }, says: /"name"/ },
  "with a name that is a number": { tap: { ...good, name: 5 }, says: /"name"/ },
};
for (const [name, { tap, says }] of Object.entries(badTaps)) {
  test(`checkSettings leaves out a tap ${name} and goes on with the others`, () => {
    const { settings, problems } = checkSettings({ taps: [tap, good], filterProblem });
    assert.deepEqual(settings.taps, [good]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /"zmqTap\.taps", entry 1/);
    assert.match(problems[0]!, says);
    assert.ok(!problems[0]!.includes(KNOWN.secretKey.slice(0, 20)));
  });
}

test("checkSettings leaves out a tap whose name is taken", () => {
  const { settings, problems } = checkSettings({ taps: [good, { ...good, server: "tcp://h:9" }], maxBytes: undefined });
  assert.deepEqual(settings.taps, [good]);
  assert.match(problems[0]!, /entry 2, has the name "orders"/);
});

for (const maxBytes of ["256 MB", null, 1.5, MIN_MAX_BYTES - 1, -1, Number.NaN, true, [], {}]) {
  test(`checkSettings says that "zmqTap.capture.maxBytes" may not be ${JSON.stringify(maxBytes)}`, () => {
    const { settings, problems } = checkSettings({ taps: [good], maxBytes });
    assert.equal(settings.limits.maxBytes, DEFAULT_MAX_BYTES);
    assert.deepEqual(settings.taps, [good]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /"zmqTap\.capture\.maxBytes" must be a whole number/);
  });
}

test('checkSettings says that "zmqTap.curve.maxFrameBytes" may not be less than a handshake needs', () => {
  const { settings, problems } = checkSettings({ taps: [], maxFrameBytes: MIN_MAX_FRAME_BYTES - 1 });
  assert.equal(settings.limits.maxFrameBytes, DEFAULT_MAX_FRAME_BYTES);
  assert.match(problems.join(), /"zmqTap\.curve\.maxFrameBytes" must be a whole number of at least 65536/);
});

const slow = { name: "slow", filter: "latency > 50ms" };
const badFilters: Record<string, { filter: unknown; says: RegExp }> = {
  "that is a text": { filter: "latency > 50ms", says: /must be an object with "name" and "filter"/ },
  "that is a list": { filter: [], says: /must be an object/ },
  "that is null": { filter: null, says: /must be an object/ },
  "without a name": { filter: { filter: "pending" }, says: /"name" that is no text/ },
  "with an empty expression": { filter: { name: "x", filter: " " }, says: /"filter" that is no text/ },
  "with an error in its expression": { filter: { name: "x", filter: "(pending" }, says: /cannot be used/ },
  "whose name is taken": { filter: slow, says: /has the name "slow" of an earlier one/ },
};
for (const [name, { filter, says }] of Object.entries(badFilters)) {
  test(`checkSettings leaves out a saved filter ${name} and goes on with the others`, () => {
    const { settings, problems } = checkSettings({ taps: [], savedFilters: [slow, filter], filterProblem });
    assert.deepEqual(settings.savedFilters, [{ name: "slow", text: slow.filter }]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /"zmqTap\.filters\.saved", entry 2/);
    assert.match(problems[0]!, says);
  });
}

test('checkSettings says that "zmqTap.filters.saved" must be a list of at most 50', () => {
  assert.match(
    checkSettings({ taps: [], savedFilters: {} }).problems.join(),
    /must be a list of filters, not an object/,
  );
  const many = Array.from({ length: 51 }, (_, i) => ({ ...slow, name: `f${i}` }));
  const { settings, problems } = checkSettings({ taps: [], savedFilters: many });
  assert.equal(settings.savedFilters.length, 50);
  assert.match(problems.join(), /more than 50 filters/);
});

test("checkSettings takes a user's own dialects and decoders", () => {
  const ownModules = [
    { name: "warehouse", module: "dialects/warehouse.mjs" },
    { name: "temperatures", module: "./own/t.js", kind: "decoder" },
  ];
  const { settings, problems } = checkSettings({ taps: [], ownModules });
  assert.deepEqual(problems, []);
  assert.deepEqual(settings.ownModules, [{ ...ownModules[0], kind: "dialect" }, ownModules[1]]);
});

const warehouse = { name: "warehouse", module: "w.mjs" };
const badModules: readonly (readonly [unknown, RegExp])[] = [
  ["w.mjs", /"zmqTap[.]dialects" must be a list of modules, not the text "w[.]mjs"/],
  [["w.mjs"], /entry 1, must be an object with "name" and "module"/],
  [[{ module: "w.mjs" }], /entry 1, has a "name" that is no text/],
  [
    [{ ...warehouse, name: "json-rpc" }],
    /has a "name" that cannot be used: it is the name of a dialect or decoder of ZMQ/,
  ],
  [[{ ...warehouse, kind: "codec" }], /neither dialect nor decoder but the text "codec"/],
  [[{ ...warehouse, module: 5 }], /needs a "module" that is the path/],
  [[{ ...warehouse, module: "w.py" }], /needs a "module" that is the path/],
  [[{ ...warehouse, module: "../w.mjs" }], /not in the workspace/],
  [[{ ...warehouse, module: "/home/w.mjs" }], /not in the workspace/],
  [[{ ...warehouse, module: "C:\\w.mjs" }], /not in the workspace/],
  [[warehouse, warehouse], /entry 2, has the name "warehouse" of an earlier one/],
  [Array.from({ length: 9 }, (_, n) => ({ ...warehouse, name: `w${n}` })), /more than 8 modules/],
];
for (const [ownModules, problem] of badModules) {
  test(`checkSettings says what is wrong with the modules ${JSON.stringify(ownModules).slice(0, 80)}`, () => {
    assert.match(checkSettings({ taps: [], ownModules }).problems.join(), problem);
  });
}

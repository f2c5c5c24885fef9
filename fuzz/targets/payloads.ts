import assert from "node:assert/strict";
import { frameValue } from "../../src/proxy/decode/frameValue.ts";
import { guessSurely } from "../../src/proxy/decode/guess.ts";
import { MAX_EXPANDED_BYTES, peel } from "../../src/proxy/decode/layers.ts";
import { readProtoFiles } from "../../src/proxy/decode/protoFiles.ts";
import { decode, MAX_DECODED_CHARS } from "../../src/proxy/decode/registry.ts";
import { ChannelDialect } from "../../src/proxy/dialects/channelDialect.ts";
import type { Dialect, DialectTools } from "../../src/proxy/dialects/dialect.ts";
import { detect, dialectNamed } from "../../src/proxy/dialects/registry.ts";
import { checkedFrames, checkedSaid } from "../../src/proxy/ownDialects/checkedAnswer.ts";
import { dataProblem } from "../../src/proxy/ownDialects/plainData.ts";
import { readChoice } from "../../src/shared/decoderChoice.ts";
import { DIALECTS } from "../../src/shared/dialects.ts";
import { DECODERS, type Decoded, type DecoderName, SOCKET_TYPES } from "../../src/shared/model.ts";
import { messageOf, randomJson, randomObject, randomText, saidBy } from "../../test/support/dialects.ts";
import { base64, GIF, gzip, JPEG, PICKLES, SOUND, WEBP, zlib, zstd } from "../../test/support/payloads.ts";
import { SEED_MESSAGES } from "../../test/support/seedMessages.ts";
import { Draw, seedDraws } from "../draw.ts";
import { type Target, textOf, texts } from "../target.ts";

const OPTIONS: Readonly<Partial<Record<DecoderName, readonly string[]>>> = {
  text: ["", "shift_jis", "utf-16le", "gb18030"],
  numbers: ["int8", "uint64-be", "float16-le", "float32-le"],
  struct: ["<IHf", "@b?10sq3p", "c"],
  numpy: ["", "<f4 (-1, 3)", "<U3", "bool 2,2", "<c8"],
  protobuf: ["", "T"],
};
const PROTO = `syntax = "proto3"; enum E { A = 0; B = 1; }
  message T { int32 a = 1; string b = 2; repeated sint64 c = 3; T d = 4; map<string, T> e = 5; E f = 6; bytes g = 7; double h = 8; repeated E i = 9; fixed32 j = 10; }`;
const { schema } = readProtoFiles([{ path: "t.proto", text: PROTO }]);

const charsOf = (decoded: Decoded): number =>
  decoded.kind === "text" ? decoded.text.length : decoded.kind === "tree" ? decoded.json.length : 0;

function checkDecoded(decoded: Decoded, maxChars: number, about: string): void {
  if (decoded.kind === "tree") JSON.parse(decoded.json);
  if (decoded.kind === "none") assert.match(decoded.reason, /^[A-Z].*[.]$/s);
  assert.ok(charsOf(decoded) <= maxChars + 400, `${about}: ${charsOf(decoded)} of ${maxChars}`);
}

export const decoders: Target = {
  name: "decoders",
  about:
    "frames to every decoder with every kind of option, to the guess, and to what takes off base64 and compression: no throw, the same each time, within their limits, trees that are JSON",
  seeds: () => [
    ...Object.values(SOUND),
    ...Object.values(PICKLES),
    JPEG,
    GIF,
    WEBP,
    ...Object.values(SOUND).flatMap((sound) => [
      base64(sound),
      zlib(sound),
      gzip(sound),
      zstd(sound),
      base64(zlib(sound)),
    ]),
    zlib(new Uint8Array(100_000)),
  ],
  words: [
    "{",
    "[",
    '"',
    "\\u0000",
    "null",
    "1e999",
    "-0",
    "<a>",
    "</a>",
    "<![CDATA[",
    "&#x41;",
    "c__builtin__\n",
    "\x93NUMPY",
  ],
  maxBytes: 16 * 1024,
  run: (input) => {
    const maxChars = 1 + ((input[0] ?? 0) << 3);
    for (const name of DECODERS) {
      for (const option of OPTIONS[name] ?? [""]) {
        const decoded = decode(name, input, { maxChars, option, schema });
        checkDecoded(decoded, maxChars, `${name} ${option}`);
        assert.deepEqual(decode(name, input, { maxChars, option, schema }), decoded);
      }
    }
    for (const isPrefix of [false, true]) {
      const { confidence } = guessSurely(input, isPrefix);
      assert.ok(confidence >= 0 && confidence <= 1, `${confidence}`);
      checkDecoded(frameValue(input, isPrefix, null, schema).decoded, MAX_DECODED_CHARS, "value");
    }
    const { bytes } = peel(input, () => true);
    assert.ok(bytes.length <= Math.max(input.length, MAX_EXPANDED_BYTES));
  },
};

export const choices: Target = {
  name: "choices",
  about:
    "options of decoders as users write them (formats of structures and arrays, encodings, types) with octets to read by them: no throw, the same each time, within limits",
  seeds: () =>
    texts(
      "struct:<IHf 2x 10s",
      "numpy:<f4 (-1, 3)",
      "numpy:<U3 2",
      "numbers:float16-le",
      "protobuf:a.b.C",
      "text:big5",
    ),
  words: ["struct:", "numpy:", "<", "@", "999999999", "s", "p", "(", ",", "-1", "<U", "float", "protobuf:"],
  maxBytes: 600,
  run: (input) => {
    const choice = readChoice(textOf(input));
    if (choice === undefined) return;
    for (const bytes of [input, new Uint8Array(0), new Uint8Array(4096).fill(65)]) {
      const decoded = decode(choice.decoder, bytes, { option: choice.option, schema, maxChars: 2000 });
      checkDecoded(decoded, 2000, textOf(input));
      assert.deepEqual(decode(choice.decoder, bytes, { option: choice.option, schema, maxChars: 2000 }), decoded);
    }
  },
};

export const protos: Target = {
  name: "protos",
  about: "texts of .proto files, and frames read by their types: no throw, one problem at most, within limits",
  seeds: () =>
    texts(
      PROTO,
      'syntax = "proto2"; package a.b; message M { extensions 4 to max; oneof x { int32 a = 1; group G = 2 { } } }',
    ),
  words: [
    "message ",
    "enum ",
    "repeated ",
    "map<string, ",
    "oneof ",
    "import ",
    "package ",
    "extend ",
    "option ",
    "reserved ",
    "service ",
    " = 1;",
    "{",
    "}",
    "/*",
    "__proto__",
  ],
  run: (input) => {
    const { schema: read, problems } = readProtoFiles([{ path: "x.proto", text: textOf(input) }]);
    assert.ok(problems.length <= 1);
    for (const name of [...read.messages.keys()].slice(0, 5)) {
      const decoded = decode("protobuf", input, { option: name, schema: read, maxChars: 2000 });
      checkDecoded(decoded, 2000, name);
    }
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  },
};

const SOCKETS = [...SOCKET_TYPES.slice(0, 11), null];

export const dialects: Target = {
  name: "dialects",
  about:
    "messages of every dialect, damaged, between all sockets: no throw, confidence from 0 to 1, what is said is bounded, the same each time, and what finds out a channel's dialect settles for a known one",
  seeds: () =>
    SEED_MESSAGES.flatMap(([, { frames }], index) => [
      Buffer.concat([Buffer.of(index % 12, 3, frames.length), ...frames.flatMap((frame) => [sizeOf(frame), frame])]),
    ]),
  words: [
    "MDPC01",
    "MDPW01",
    '{"jsonrpc":"2.0"',
    "<IDS|MSG>",
    '"method":',
    '"params":',
    "hashblock",
    "<methodCall>",
    "<value>",
  ],
  maxBytes: 8192,
  run: (input) => {
    const draw = new Draw(input);
    const [sender, receiver] = [draw.pick(SOCKETS), draw.pick(SOCKETS)];
    const frames: Uint8Array[] = [];
    for (let left = draw.below(12); left > 0; left--) frames.push(draw.octets(draw.below(65_536)));
    const message = { frames, sender, receiver };
    const found = detect(message);
    assert.ok(found.confidence >= 0 && found.confidence <= 1);
    assert.deepEqual(detect(message), found);
    const channel = new ChannelDialect();
    channel.see(message, 0);
    channel.see(message, 1);
    assert.ok(DIALECTS.includes(channel.reading.dialect));
    for (const name of DIALECTS) checkDialect(dialectNamed(name)!, message);
  },
};

const sizeOf = (frame: Uint8Array): Buffer => Buffer.of(frame.length >> 8, frame.length & 255);

/** The same ids and times each time. */
const FIXED_TOOLS: DialectTools = {
  newId: () => "00ff".repeat(8),
  nowMs: () => 1_700_000_000_000,
  hmacSha256: (key, parts) => new Uint8Array(32).fill(key.length + parts.length),
};

function checkDialect(dialect: Dialect, message: ReturnType<typeof messageOf>): void {
  for (const key of [null, Uint8Array.of(1, 2, 3)]) {
    const read = dialect.decode(message, key, FIXED_TOOLS);
    assert.deepEqual(dialect.decode(message, key, FIXED_TOOLS), read);
    if ("problem" in read) assert.match(read.problem, /^[A-Z].*[.]$/s);
    else assert.ok((read.said.problem ?? "").length <= 500 && read.said.facts.length <= 1000);
    checkWritten(dialect.renew(message.frames, key, FIXED_TOOLS));
    checkWritten(dialect.answer(message, { kind: "value", value: { a: [1, "x", null] } }, key, FIXED_TOOLS));
    checkWritten(dialect.answer(message, { kind: "error", problem: "no" }, key, FIXED_TOOLS));
  }
}

function checkWritten(written: ReturnType<Dialect["encode"]>): void {
  if ("problem" in written) assert.match(written.problem, /^\S.*[.]$/s);
  else assert.ok(written.frames.every((frame) => frame instanceof Uint8Array));
}

export const calls: Target = {
  name: "calls",
  about:
    "calls of random methods and arguments, written in every dialect: read again as the same, or refused in a sentence; and answers of dialects that are users' own: plain data or refused",
  seeds: () => seedDraws(64),
  run: (input) => {
    const draw = new Draw(input);
    const dialect = dialectNamed(draw.pick(DIALECTS))!;
    const method = draw.rarely(4) ? textOf(draw.some(20)) : randomText(draw.below);
    const args = draw.list(3, () => randomJson(draw.below));
    const kwargs = draw.flag() ? randomObject(draw.below) : {};
    const fields = Object.fromEntries(
      draw.list(
        2,
        () => [draw.pick([...dialect.fields.map(({ name }) => name), "x"]), randomJson(draw.below)] as const,
      ),
    );
    const written = dialect.encode({ method, args, kwargs, fields }, null, FIXED_TOOLS);
    checkWritten(written);
    if (
      "frames" in written &&
      Object.keys(fields).length === 0 &&
      dialect.name !== "raw" &&
      dialect.name !== "bitcoin"
    ) {
      const receiver = { REQ: "REP", DEALER: "ROUTER", PUB: "SUB", PUSH: "PULL" } as const;
      const said = saidBy(dialect, messageOf(written.frames, dialect.socket, receiver[dialect.socket]));
      if (said.kind === "call") assert.deepEqual([said.method, said.args ?? []], [method, args]);
    }
    const answer = {
      kind: draw.pick(["call", "reply", "x"]),
      ...randomObject(draw.below),
      value: randomJson(draw.below),
    };
    const problem = dataProblem(answer);
    assert.equal(problem, null);
    checkedSaid(answer);
    checkedFrames(randomJson(draw.below));
  },
};

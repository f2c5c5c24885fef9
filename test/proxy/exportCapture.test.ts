import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow, type Progress, theseRows } from "../../src/proxy/files/writeRows.ts";
import { FanOut } from "../../src/proxy/fanOut.ts";
import { LinkLog } from "../../src/proxy/linkLog.ts";
import { Repeats } from "../../src/proxy/repeats.ts";
import { encode, MIB, openLink, say, seeded } from "../support/captures.ts";
import { readBlocks, readStreams } from "../support/pcapngFile.ts";
import { loadVectors, piecesOf, type Vector } from "../support/vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-export-"));
after(() => rmSync(folder, { recursive: true }));

function captured(count: number): Capture {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture);
  for (let n = 1; n <= count; n++) say(capture, link, n % 2 === 0 ? 0 : 1, [`message ${n}`]);
  return capture;
}

test("exportCapture writes the chosen rows in each format and says how much that was", async () => {
  const capture = captured(30);
  const told: Progress[] = [];
  for (const format of ["pcapng", "jsonl", "csv"] as const) {
    const path = join(folder, `some.${format}`);
    const markOf = (n: number) => (n === 20 ? { pinned: true, note: "here" } : null);
    const rows = theseRows([10, 20, 99]);
    const result = await exportCapture({ capture, rows, format, path, markOf, onProgress: (each) => told.push(each) });
    const file = readFileSync(path);
    assert.deepEqual(result, { rows: 2, bytes: file.length, leftOut: 1 });
    assert.deepEqual({ ...told.at(-1), bytes: 0 }, { rows: 3, total: 3, bytes: 0 });
    if (format === "pcapng") {
      const [stream] = readStreams(readBlocks(file));
      assert.equal(stream!.sent[0].equals(Buffer.concat([encode(["message 10"]), encode(["message 20"])])), true);
    } else if (format === "jsonl") {
      const lines = file
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        lines.map(({ n, frames, note, pinned }) => [n, frames, note, pinned]),
        [
          [10, [Buffer.from("message 10").toString("base64")], undefined, undefined],
          [20, [Buffer.from("message 20").toString("base64")], "here", true],
        ],
      );
    } else {
      const [head, first, second, ...more] = file.toString().split("\r\n");
      assert.match(head!, /^n,time,tap,/);
      assert.match(first!, /^10,.*,message 10,,,,,,$/);
      assert.match(second!, /^20,.*,message 20,here,true,,,,$/);
      assert.deepEqual(more, [""]);
    }
  }
});

test("exportCapture leaves nothing behind when it is cancelled", async () => {
  const capture = captured(200_000);
  const before = readdirSync(folder);
  const controller = new AbortController();
  const path = join(folder, "cancelled.csv");
  const source = everyRow(1, 200_000);
  const exporting = exportCapture({ capture, rows: source, format: "csv", path, signal: controller.signal });
  setImmediate(() => controller.abort(new Error("cancelled")));
  await assert.rejects(exporting, /cancelled/);
  assert.deepEqual(readdirSync(folder), before);
  await assert.rejects(
    exportCapture({ capture, rows: source, format: "csv", path, signal: AbortSignal.abort(new Error("early")) }),
    /early/,
  );
  assert.deepEqual(readdirSync(folder), before);
});

test("exportCapture writes frames of any size whole to JSON Lines", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture);
  const body = Buffer.alloc(5_000_000, "abcdefg");
  say(capture, link, 0, ["x"]);
  const octets = encode([body]);
  capture.message(link, 0, capture.append(link, 0, octets, 0), 0, 0, body.length, 1, 0);
  const path = join(folder, "large.jsonl");
  await exportCapture({ capture, rows: everyRow(1, 2), format: "jsonl", path });
  const [, line] = readFileSync(path, "utf8").split("\n");
  const { frames } = JSON.parse(line!) as { frames: string[] };
  assert.equal(Buffer.from(frames[0]!, "base64").equals(body), true);
});

/** A capture of one recorded link, its octets cut by chance, and what may be kept of each direction. */
function captureVector(vector: Vector, seed: number): { capture: Capture; kept: [Buffer, Buffer] } {
  const capture = new Capture({ maxBytes: 0 });
  const nothing = (): undefined => undefined;
  const repeats = new Repeats(nothing, nothing);
  const log = new LinkLog(
    {
      number: 1,
      origin: "wire",
      addresses: { client: "127.0.0.1:1", server: "127.0.0.1:2" },
      sockets: { client: vector.client.socket, server: vector.server.socket },
      security: null,
    },
    { id: "tap", name: "tap" },
    {
      capture,
      counters: { messages: 0, bytes: 0, passedBy: 0 },
      repeats,
      fanOut: new FanOut(capture),
      neighbours: () => [],
      onHello: nothing,
      onGrew: nothing,
      onBug: (error) => {
        throw error;
      },
    },
  );
  const random = seeded(seed);
  const kept: [Buffer[], Buffer[]] = [[], []];
  const append = capture.append.bind(capture);
  capture.append = (link, direction, bytes, origin) => {
    kept[direction].push(Buffer.from(bytes));
    return append(link, direction, bytes, origin);
  };
  for (const { direction, bytes } of piecesOf(vector)) {
    for (let at = 0; at < bytes.length;) {
      const size = random(4) === 0 ? bytes.length : 1 + random(40);
      log.received(direction, bytes.subarray(at, at + size));
      at += size;
    }
  }
  log.closed({ by: "client", reset: false, bytesLost: 0 });
  repeats.end();
  return { capture, kept: [Buffer.concat(kept[0]), Buffer.concat(kept[1])] };
}

test("exportCapture gives recorded links of every version and mechanism back as they were, whole or from any row on", async () => {
  for (const [index, vector] of loadVectors().entries()) {
    const { capture, kept } = captureVector(vector, index);
    const path = join(folder, "vector.pcapng");
    const { preamble } = capture.link(1)!;
    for (const from of [1, 2 + (index % Math.max(1, capture.lastN - 2))]) {
      await exportCapture({ capture, rows: everyRow(from, capture.lastN), format: "pcapng", path });
      const [stream, ...more] = readStreams(readBlocks(readFileSync(path)));
      assert.deepEqual([more.length, stream!.isClosed], [0, true]);
      for (const side of [0, 1] as const) {
        const what = `${vector.name}, seed ${index}, direction ${side}, from row ${from}`;
        const octets = stream!.sent[side];
        const begun = preamble.borrow(side);
        assert.equal(octets.subarray(0, begun.length).equals(begun), true, what);
        if (from === 1) assert.equal(octets.equals(kept[side]), true, what);
        const rest = octets.subarray(begun.length);
        assert.equal(rest.equals(kept[side].subarray(kept[side].length - rest.length)), true, what);
      }
    }
  }
});

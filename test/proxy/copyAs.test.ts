import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { Packr } from "msgpackr";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { copyAs } from "../../src/proxy/copyAs.ts";
import { UserError } from "../../src/shared/userError.ts";
import { command, MIB, openLink, say } from "../support/captures.ts";

const octets = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index));
const frames = [Buffer.alloc(0), Buffer.from('text "quoted" \\ grüß \u2028 $`'), octets, Buffer.from("'''\n")];

function captured(list: readonly (Uint8Array | string)[]): { capture: Capture; n: number } {
  const capture = new Capture({ maxBytes: 0 });
  return { capture, n: say(capture, openLink(capture), 0, list) };
}

test("copyAs gives Python that evaluates to the same octets", () => {
  const { capture, n } = captured(frames);
  const program = "import ast,sys; [print(b.hex() or '-') for b in ast.literal_eval(sys.stdin.read())]";
  const python = process.platform === "linux" ? "/usr/bin/python3" : "python3";
  const output = execFileSync(python, ["-c", program], { input: copyAs(capture, n, "python"), encoding: "utf8" });
  assert.deepEqual(
    output.trim().split("\n"),
    frames.map((frame) => frame.toString("hex") || "-"),
  );
});

test("copyAs gives JavaScript that evaluates to the same octets", () => {
  const { capture, n } = captured(frames);
  const value = runInNewContext(copyAs(capture, n, "javascript"), { Buffer }) as Buffer[];
  assert.deepEqual(
    [...value].map((frame) => frame.toString("hex")),
    frames.map((frame) => frame.toString("hex")),
  );
});

test("copyAs gives text, hex and base64, a line per frame", () => {
  const { capture, n } = captured(["", "grüß", Buffer.from("ff00", "hex")]);
  assert.equal(copyAs(capture, n, "text"), "\ngrüß\n0xff00");
  assert.equal(copyAs(capture, n, "hex"), "\n6772c3bcc39f\nff00");
  assert.equal(copyAs(capture, n, "base64"), "\nZ3LDvMOf\n/wA=");
});

test("copyAs gives JSON of decoded frames, octets as base64", () => {
  const packed = new Packr({ useRecords: false }).pack({ ok: [1] });
  const { capture, n } = captured(["a\nb", '{"x": 1}', packed, Buffer.from("ff00", "hex")]);
  assert.deepEqual(JSON.parse(copyAs(capture, n, "json")), ["a\nb", { x: 1 }, { ok: [1] }, { $base64: "/wA=" }]);
});

test("copyAs tells events in words, and as JSON", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const ping = command(capture, link, 0, 0, Buffer.from("\x04PING\0\x05"));
  const gap = capture.event(link, "t", "tap", "gap", { missed: 3 });
  assert.equal(copyAs(capture, ping, "text"), "ping, answer wanted within 500 ms");
  assert.equal(copyAs(capture, ping, "hex"), "0450494e470005");
  assert.equal(copyAs(capture, gap, "text"), "gap: 3 rows are missing here");
  assert.deepEqual(JSON.parse(copyAs(capture, gap, "python")), { event: "gap", detail: { missed: 3 } });
});

test("copyAs refuses what is gone, too large or partly kept, and says why", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = openLink(capture);
  const refusal = (n: number): string => {
    try {
      copyAs(capture, n, "text");
    } catch (error) {
      assert.equal(error instanceof UserError, true);
      return (error as UserError).code;
    }
    return "none";
  };
  assert.equal(refusal(5), "row-gone");
  const large = say(capture, link, 0, [Buffer.alloc(17 * MIB)]);
  assert.equal(refusal(large), "too-large");
  const wire = Buffer.alloc(9 + 15 * MIB);
  wire[0] = 2;
  wire.writeBigUInt64BE(BigInt(15 * MIB), 1);
  const start = capture.append(link, 0, wire.subarray(0, MIB), 0);
  const other = openLink(capture);
  for (let index = 0; index < 12; index++) say(capture, other, 0, [Buffer.alloc(MIB)]);
  for (let at = MIB; at < wire.length; at += MIB) capture.append(link, 0, wire.subarray(at, at + MIB), 0);
  const part = capture.message(link, 0, start, 0, 0, 15 * MIB, 1, 0);
  assert.equal(refusal(part), "partly-kept");
});

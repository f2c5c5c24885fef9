import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { base64, gzip, hex, PICKLES, zlib } from "../support/payloads.ts";
import { assertAccessible } from "./support/accessibility.ts";
import { ask } from "./support/peers.ts";
import { type EchoSession, inspector, keepEvidence, openEchoSession, rows, type Session } from "./support/session.ts";

const PROTO = 'syntax = "proto3"; package weather; message Update { string city = 1; sint32 degrees = 2; }';
const UPDATE = hex("0a04 4f736c6f 10 17");

let echo: EchoSession;
let session: Session;
let panel: FrameLocator;

before(async () => {
  echo = await openEchoSession(() => ({ "weather.proto": PROTO }));
  ({ session } = echo);
  panel = await inspector(session);
});

afterEach((context) => keepEvidence(session, context));

after(() => echo.close());

/** Sends a request through the tap into an empty log, where its row is in sight. */
async function send(request: Uint8Array): Promise<void> {
  await session.workbench.run("ZMQ Tap: Clear Log");
  await panel.locator("#empty-no-rows").waitFor();
  await ask(echo.listen, request);
}

/** Picks an entry of the first frame's list of decoders. */
async function choose(entry: string): Promise<void> {
  await panel.locator(".decoder-select").first().click();
  await panel.locator(".decoder-select li.option", { hasText: entry }).first().click();
}

test("Layers around a value are shown, and the value inside them", async () => {
  await send(base64(zlib(JSON.stringify({ _icmd_: "state", args: [1, 2, 3], text: "x".repeat(300) }))));
  await rows(panel, "eJ").first().click();
  await panel.locator("ol.layers", { hasText: /base64.*zlib.*JSON/s }).waitFor();
  await panel.locator("zmq-value-tree", { hasText: "_icmd_" }).waitFor();
  await panel.locator(".decoder-select", { hasText: "Auto (JSON)" }).first().waitFor();
  await assertAccessible(panel);
  await session.photograph("decoder-layers", ["dark", "light"]);
});

test("A bomb shows why it is not opened, and its octets", async () => {
  await send(base64(gzip(Buffer.alloc(20_000_000))));
  await rows(panel, "H4sI").first().click();
  await panel.locator(".decode-reason", { hasText: "made to fill memory" }).waitFor();
  await panel.locator("zmq-hex-view").first().waitFor();
});

test("A pickle is taken apart and never loaded", async () => {
  await send(PICKLES.evil);
  await rows(panel, "Python pickle").first().click();
  await panel.locator(".decode-warning", { hasText: "import and call posix.system" }).waitFor();
  await panel.locator("details.listing summary").focus();
  await session.page.keyboard.press("Enter");
  await panel.locator("details.listing pre", { hasText: "STACK_GLOBAL" }).waitFor();
  await assertAccessible(panel);
  await session.photograph("decoder-pickle", ["dark", "light", "high contrast"]);
});

test("An image is shown with its size", async () => {
  await send(picture(320, 200));
  await rows(panel, "PNG image, 320 × 200").first().click();
  const image = panel.locator(".image-value img");
  await image.waitFor();
  await panel.locator(".image-value", { hasText: "PNG, 320 × 200 pixels" }).waitFor();
  assert.equal(await image.evaluate((each) => (each as unknown as { naturalWidth: number }).naturalWidth), 320);
  await assertAccessible(panel);
  await session.photograph("decoder-image", ["dark", "light"]);
});

test("An image that the browser cannot draw is shown as octets, with the reason", async () => {
  const damaged = picture(32, 16);
  // No PNG has so many bits a sample.
  damaged[24] = 77;
  await send(damaged);
  await rows(panel, "PNG image, 32 × 16").first().click();
  await panel.locator(".decode-reason", { hasText: "octets are damaged" }).waitFor();
  await panel.locator("zmq-hex-view").first().waitFor();
});

test("Protobuf is decoded by a message type of the workspace, which is remembered for the channel", async () => {
  await send(UPDATE);
  await rows(panel, "0x0a044f736c6f").first().click();
  await choose("Protobuf…");
  await session.workbench.quickRows().filter({ hasText: "weather.Update" }).first().click();
  await panel.locator("zmq-value-tree", { hasText: "degrees" }).waitFor();
  await panel.locator(".decoder-select", { hasText: "weather.Update" }).first().waitFor();
  await session.photograph("decoder-protobuf", ["dark", "light"]);
  await send(hex("0a05 506172 6973 10 2a"));
  await rows(panel, "0x0a055061726973").first().click();
  await panel.locator("zmq-value-tree", { hasText: "Paris" }).waitFor();
});

test("Numbers and structures are asked for, and leaving the question changes nothing", async () => {
  await choose("As struct…");
  await session.workbench.awaitQuestion("Decode as Structure");
  await session.page.keyboard.press("Escape");
  await panel.locator(".decoder-select", { hasText: "weather.Update" }).first().waitFor();
  await choose("As struct…");
  await session.workbench.answer("Decode as Structure", ">2B5s2B");
  await panel.locator("zmq-value-tree", { hasText: '"Paris"' }).waitFor();
  await choose("As numbers…");
  await session.workbench.quickRows().filter({ hasText: "uint8" }).first().click();
  await panel.locator(".decoder-select", { hasText: "uint8" }).first().waitFor();
  await panel.locator(".decoder-select").first().click();
  await session.photograph("decoder-list", ["dark"]);
  await session.page.keyboard.press("Escape");
  await choose("Auto");
});

/** A PNG of a soft gradient. */
function picture(width: number, height: number): Buffer {
  const lines = Buffer.alloc((3 * width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (3 * width + 1) + 1 + 3 * x;
      lines[at] = (255 * x) / width;
      lines[at + 1] = (255 * y) / height;
      lines[at + 2] = 160;
    }
  }
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    hex("89504e470d0a1a0a"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

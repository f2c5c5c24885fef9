import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import type { Direction } from "../../src/shared/model.ts";
import { openLink, say, seeded } from "../support/captures.ts";
import { checkExpert, follow, requireTshark, tshark } from "./support/tshark.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-pcapng-"));
after(() => rmSync(folder, { recursive: true }));

before(requireTshark);

function save(capture: Capture, name: string): string {
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat(capture.borrowSections()));
  return file;
}

const ends: Record<string, { client: string; server: string; shown: [string, string] }> = {
  "IPv4 ends": { client: "127.0.0.1:40001", server: "10.1.2.3:5556", shown: ["127.0.0.1:40001", "10.1.2.3:5556"] },
  "IPv6 ends": { client: "[::1]:40001", server: "[fe80::1%eth0]:5556", shown: ["[::1]:40001", "[fe80::1]:5556"] },
  "mixed ends": {
    client: "127.0.0.1:40001",
    server: "[::1]:5556",
    shown: ["[::ffff:127.0.0.1]:40001", "[::1]:5556"],
  },
  "an ipc server": { client: "@in-process", server: "ipc:///tmp/x", shown: ["[fd00::1]:", "[fd00::2]:"] },
};

for (const [name, { client, server, shown }] of Object.entries(ends)) {
  test(`tshark reads a conversation with ${name} and gives its octets back`, () => {
    const capture = new Capture({ maxBytes: 0 });
    const link = openLink(capture, { client, server });
    const random = seeded(name.length);
    const sent: [Buffer[], Buffer[]] = [[], []];
    const send = (direction: Direction, size: number): void => {
      const bytes = Buffer.from(Uint8Array.from({ length: size }, () => random(256)));
      sent[direction].push(bytes);
      capture.append(link, direction, bytes, random(3) as 0 | 1 | 2);
    };
    for (const size of [1, 2, 3, 4, 5, 47, 48, 49, 50, 1000, 65_494, 65_495, 65_496, 65_536, 200_001]) {
      send(0, size);
      send(1, size + 1);
    }
    capture.event(link, "t", "tap", "gap", { text: "not for tshark" });
    capture.closeLink(link);
    const file = save(capture, "one.pcapng");
    const [first, second] = follow(file, 0);
    assert.equal(first.equals(Buffer.concat(sent[0])), true);
    assert.equal(second.equals(Buffer.concat(sent[1])), true);
    const heads = tshark(file, "-q", "-z", "follow,tcp,raw,0").match(/Node \d: (.*)/g)!;
    const plain = (text: string): string => text.replace(/[[\]]/g, "");
    assert.equal(plain(heads[0]).startsWith(`Node 0: ${plain(shown[0])}`), true, heads[0]);
    assert.equal(plain(heads[1]!).startsWith(`Node 1: ${plain(shown[1])}`), true, heads[1]);
    checkExpert(file);
  });
}

test("tshark reads segments that follow each other, and each segment alone", () => {
  const capture = new Capture({ maxBytes: 32 * 1024 * 1024, segmentBytes: 256 * 1024 });
  const links = ["a", "b", "c"].map((tap, index) => openLink(capture, { tap, client: `127.0.0.1:${41_000 + index}` }));
  const sent = new Map<CapturedLink, Buffer[]>(links.map((link) => [link, []]));
  for (let round = 0; round < 60; round++) {
    for (const link of links) {
      const bytes = Buffer.alloc(1 + ((round * 7919) % 30_000), round);
      sent.get(link)!.push(bytes);
      capture.append(link, 0, bytes, 0);
    }
  }
  for (const link of links) capture.closeLink(link);
  const sections = capture.borrowSections();
  assert.equal(sections.length > 5, true);
  const file = save(capture, "many.pcapng");
  for (const [stream, link] of links.entries()) {
    assert.equal(follow(file, stream)[0].equals(Buffer.concat(sent.get(link)!)), true);
  }
  checkExpert(file);
  for (const index of [0, 1, sections.length >> 1, sections.length - 1]) {
    const alone = join(folder, `alone-${index}.pcapng`);
    writeFileSync(alone, sections[index]!);
    assert.match(tshark(alone, "-T", "fields", "-e", "frame.interface_name", "-c", "20"), /[abc]/);
  }
});

test("tshark shows interface, direction, nanoseconds, origin and what an address cannot say", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { tap: "weather ☂", client: "@in-process", server: "ipc:///tmp/x" });
  say(capture, link, 0, ["q"], 1);
  say(capture, link, 1, ["a"], 2);
  const file = save(capture, "facts.pcapng");
  const fields = ["frame.interface_name", "frame.packet_flags_direction", "frame.comment", "tcp.flags.str", "tcp.len"];
  const lines = tshark(file, "-Y", "tcp", "-T", "fields", ...fields.flatMap((field) => ["-e", field]))
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  assert.deepEqual(
    lines.map((line) => [line[0], line[1], line[2], line[4]]),
    [
      ["weather ☂", "0x00000001", "client @in-process, server ipc:///tmp/x", "0"],
      ["weather ☂", "0x00000002", "", "0"],
      ["weather ☂", "0x00000001", "origin: replay", "3"],
      ["weather ☂", "0x00000002", "origin: call", "3"],
    ],
  );
  const times = tshark(file, "-Y", "tcp", "-T", "fields", "-e", "frame.time_epoch").trim().split("\n");
  const row = capture.row(1)!;
  assert.equal(times[2], (capture.clock.anchorNs + BigInt(row.timeNs)).toString().replace(/(\d{9})$/, ".$1"));
});

test("tshark finds correct IPv4 header checksums", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { client: "192.168.200.17:65535", server: "255.254.253.252:1" });
  for (const size of [1, 100, 65_495]) capture.append(link, 0, Buffer.alloc(size), 0);
  const file = save(capture, "sums.pcapng");
  const states = tshark(file, "-o", "ip.check_checksum:TRUE", "-Y", "tcp", "-T", "fields", "-e", "ip.checksum.status");
  assert.deepEqual([...new Set(states.trim().split("\n"))], ["1"]);
});

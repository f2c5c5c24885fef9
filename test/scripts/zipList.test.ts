import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { zipFile, zipList } from "../../scripts/tasks/zipList.ts";

/** The directory of an archive with these names, and nothing before it. */
function archive(names: readonly string[]): Buffer {
  const entries = names.map((name) => {
    const entry = Buffer.alloc(46 + name.length + 3);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(2, 30);
    entry.writeUInt16LE(1, 32);
    entry.write(name, 46);
    return entry;
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 10);
  return Buffer.concat([...entries, end]);
}

test("zipList reads the names of all entries, past their extra fields and comments", () => {
  assert.deepEqual(zipList(archive(["a.txt", "folder/b.js"])), ["a.txt", "folder/b.js"]);
});

test("zipList refuses what is no zip archive, and a damaged directory", () => {
  assert.throws(() => zipList(Buffer.from("no archive, but long enough")), /not a zip archive/);
  const damaged = archive(["a.txt"]);
  damaged.writeUInt32LE(0, 0);
  assert.throws(() => zipList(damaged), /damaged/);
});

/** A whole archive of one file. */
function archiveOf(name: string, method: number, content: Buffer): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : content;
  const header = Buffer.alloc(30 + name.length + 5);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(5, 28);
  const entry = Buffer.alloc(46 + name.length);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(name.length, 28);
  entry.write(name, 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(header.length + packed.length, 16);
  return Buffer.concat([header, packed, entry, end]);
}

test("zipFile gives what a file holds, stored and deflated, and says what it cannot read", () => {
  const content = Buffer.from("content ".repeat(100));
  for (const method of [0, 8]) assert.deepEqual(zipFile(archiveOf("a.txt", method, content), "a.txt"), content);
  assert.throws(() => zipFile(archiveOf("a.txt", 0, content), "b.txt"), /There is no b\.txt/);
  assert.throws(() => zipFile(archiveOf("a.txt", 12, content), "a.txt"), /method 12/);
});

import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

type Entry = { readonly name: string; readonly method: number; readonly packedSize: number; readonly at: number };

/** Names of the files in a zip archive (APPNOTE 4.3.12 and 4.3.16), as its directory has them. Throws on anything else. */
export function zipList(archive: Buffer): string[] {
  return directory(archive).map(({ name }) => name);
}

/** What a file of a zip archive holds. Throws when there is none of that name, or it is packed in an unusual way. */
export function zipFile(archive: Buffer, wanted: string): Buffer {
  const entry = directory(archive).find(({ name }) => name === wanted);
  if (entry === undefined) throw new Error(`There is no ${wanted} in the zip archive.`);
  // The file's own header has a name and extra fields of other lengths than the directory's (4.3.7).
  const begin = entry.at + 30 + archive.readUInt16LE(entry.at + 26) + archive.readUInt16LE(entry.at + 28);
  const packed = archive.subarray(begin, begin + entry.packedSize);
  if (entry.method === STORED) return packed;
  if (entry.method === DEFLATED) return inflateRawSync(packed);
  throw new Error(`${wanted} is packed by method ${entry.method}, which this does not read.`);
}

function directory(archive: Buffer): Entry[] {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error("This is not a zip archive.");
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error("The directory of the zip archive is damaged.");
    const nameLength = archive.readUInt16LE(at + 28);
    entries.push({
      name: archive.toString("utf8", at + 46, at + 46 + nameLength),
      method: archive.readUInt16LE(at + 10),
      packedSize: archive.readUInt32LE(at + 20),
      at: archive.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

import type { Platform } from "./zeromqNative.ts";

type Machine = { readonly elf: number; readonly machO: number; readonly pe: number };

/** How each format calls the processors: `e_machine`, `cputype`, `Machine`. */
const MACHINES: Readonly<Record<string, Machine>> = {
  x64: { elf: 62, machO: 0x0100_0007, pe: 0x8664 },
  arm64: { elf: 183, machO: 0x0100_000c, pe: 0xaa64 },
};

/** The newest versions of libraries that the oldest Linux of VS Code's requirements has. */
const NEWEST: Readonly<Record<string, readonly number[]>> = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25] };

/** Why a file is no native module for a platform, by its header; `undefined` when it is one. */
export function nativeProblem(file: Buffer, platform: Platform): string | undefined {
  const [system, processor] = platform.split("-") as [string, string];
  const machine = MACHINES[processor]!;
  try {
    if (system === "darwin") return machOProblem(file, machine.machO);
    if (system === "win32") return peProblem(file, machine.pe);
    return elfProblem(file, machine.elf, system === "alpine");
  } catch (error) {
    if (error instanceof RangeError) return "its header is damaged";
    throw error;
  }
}

const MACH_O_64 = 0xfeed_facf;
const MACH_O_DYLIB = 6;
const MACH_O_BUNDLE = 8;

function machOProblem(file: Buffer, machine: number): string | undefined {
  if (file.readUInt32LE(0) !== MACH_O_64) return "it is no Mach-O file of 64 bits for one processor";
  if (file.readUInt32LE(4) !== machine) return "it is for another processor";
  return [MACH_O_DYLIB, MACH_O_BUNDLE].includes(file.readUInt32LE(12)) ? undefined : "it is no library";
}

const PE_IS_DLL = 0x2000;

function peProblem(file: Buffer, machine: number): string | undefined {
  if (file.toString("latin1", 0, 2) !== "MZ") return "it is no PE file";
  const header = file.readUInt32LE(0x3c);
  if (file.readUInt32BE(header) !== 0x5045_0000) return "it is no PE file";
  if (file.readUInt16LE(header + 4) !== machine) return "it is for another processor";
  return (file.readUInt16LE(header + 22) & PE_IS_DLL) !== 0 ? undefined : "it is no library";
}

const ELF = 0x7f45_4c46;
const ELF_64_LITTLE_ENDIAN = 0x0201;
const ELF_SHARED = 3;

function elfProblem(file: Buffer, machine: number, isMusl: boolean): string | undefined {
  if (file.readUInt32BE(0) !== ELF || file.readUInt16BE(4) !== ELF_64_LITTLE_ENDIAN)
    return "it is no ELF file of 64 bits in little endian";
  if (file.readUInt16LE(18) !== machine) return "it is for another processor";
  if (file.readUInt16LE(16) !== ELF_SHARED) return "it is no library";
  const { needed, versions } = readDynamic(file);
  const libc = needed.filter((name) => /^libc[.]/.test(name));
  const isFor = libc.length === 1 && /^libc[.](musl-\w+[.])?so[.]\d+$/.exec(libc[0]!);
  if (!isFor) return `it needs ${libc.join(", ") || "no C library"}`;
  const hasMusl = isFor[1] !== undefined;
  if (hasMusl !== isMusl) return `it needs ${hasMusl ? "musl" : "glibc"}, by ${libc[0]!}`;
  // musl has no versions; what a file for it names is gcc's own.
  const tooNew = isMusl ? undefined : versions.find(isTooNew);
  return tooNew === undefined ? undefined : `it needs ${tooNew}, which the oldest Linux of VS Code does not have`;
}

function isTooNew(version: string): boolean {
  const [library, numbers = ""] = version.split("_") as [string, string?];
  const newest = Object.hasOwn(NEWEST, library) ? NEWEST[library]! : null;
  if (newest === null || !/^\d/.test(numbers)) return false;
  const parts = numbers.split(".").map(Number);
  for (const [at, limit] of newest.entries()) {
    const part = parts[at] ?? 0;
    if (part !== limit) return part > limit;
  }
  return parts.length > newest.length;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_VERNEED = 0x6fff_fffe;
/** Entries of the dynamic section, and of its lists, that are read. */
const MAX_ENTRIES = 1_000;

/** The libraries that an ELF file needs (`libc.so.6`), and the versions of their functions (`GLIBC_2.17`). */
function readDynamic(file: Buffer): { readonly needed: readonly string[]; readonly versions: readonly string[] } {
  const loads: { readonly address: number; readonly size: number; readonly offset: number }[] = [];
  let dynamic = { offset: 0, size: 0 };
  const [table, entrySize, count] = [u64(file, 32), file.readUInt16LE(54), file.readUInt16LE(56)];
  for (let i = 0; i < count; i++) {
    const at = table + i * entrySize;
    const type = file.readUInt32LE(at);
    const part = { offset: u64(file, at + 8), address: u64(file, at + 16), size: u64(file, at + 32) };
    if (type === PT_LOAD) loads.push(part);
    if (type === PT_DYNAMIC) dynamic = part;
  }
  /** Where in the file is what lies at an address of the loaded library. */
  const offsetOf = (address: number): number => {
    const load = loads.find((one) => address >= one.address && address < one.address + one.size);
    if (load === undefined) throw new RangeError("an address lies outside");
    return address - load.address + load.offset;
  };
  const entries: (readonly [tag: number, value: number])[] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size && entries.length < MAX_ENTRIES; at += 16) {
    entries.push([u64(file, at), u64(file, at + 8)]);
  }
  const valueOf = (tag: number): number | undefined => entries.find(([known]) => known === tag)?.[1];
  const strings = offsetOf(valueOf(DT_STRTAB) ?? -1);
  const text = (offset: number): string => {
    const end = file.indexOf(0, strings + offset);
    return file.toString("latin1", strings + offset, end < 0 ? file.length : end);
  };
  const versions: string[] = [];
  const verneed = valueOf(DT_VERNEED);
  let at = verneed === undefined ? 0 : offsetOf(verneed);
  for (let step = at; step !== 0 && versions.length < MAX_ENTRIES; at += step) {
    let version = at + file.readUInt32LE(at + 8);
    for (let left = file.readUInt16LE(at + 2); left > 0; left--) {
      versions.push(text(file.readUInt32LE(version + 8)));
      version += file.readUInt32LE(version + 12);
    }
    step = file.readUInt32LE(at + 12);
  }
  return { needed: entries.filter(([tag]) => tag === DT_NEEDED).map(([, value]) => text(value)), versions };
}

/** Sizes and addresses of a file are far below 2^53; a larger one becomes a number outside of the file. */
function u64(file: Buffer, at: number): number {
  return Number(file.readBigUInt64LE(at));
}

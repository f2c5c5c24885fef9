import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { openCaptureFile } from "../../src/cli/openCaptureFile.ts";
import type { Capture } from "../../src/proxy/capture/capture.ts";
import { until } from "../support/until.ts";
import { text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { CliTap, runCli, type TapLine } from "./support/cliTap.ts";
import { checkExpert, follow, requireTshark } from "./support/tshark.ts";

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-folders-"));
const python = new PythonPeer();
before(requireTshark);
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

type Pushing = { readonly tap: CliTap; readonly push: PythonSocket; readonly pull: PythonSocket; readonly dir: string };

/** `zmq-tap attach --quiet --dir` between a PUSH and a PULL. */
async function attach(t: TestContext, name: string, ...args: readonly string[]): Promise<Pushing> {
  const dir = join(folder, name);
  const pull = await python.open("PULL");
  const server = await pull.bind("tcp://127.0.0.1:*");
  const tap = await CliTap.start(server, ["--quiet", "--dir", dir, ...args]);
  t.after(() => tap.stop("SIGKILL"));
  const push = await python.open("PUSH");
  await push.connect(tap.endpoint);
  return { tap, push, pull, dir };
}

/** The one capture in a folder of --dir. */
function captureIn(dir: string): string {
  const names = readdirSync(dir);
  assert.equal(names.length, 1);
  assert.match(names[0]!, /^capture-\d{4}-\d\d-\d\dT[\d-]+Z$/);
  return join(dir, names[0]!);
}

const segmentPaths = (capture: string): string[] =>
  readdirSync(join(capture, "live"))
    .filter((name) => name.endsWith(".pcapng"))
    .sort()
    .map((name) => join(capture, "live", name));

function segmentBytes(capture: string): number {
  return segmentPaths(capture).reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/**
 * The number in each message of this size, in order. Each must be there whole, but for one at the beginning whose own
 * beginning was evicted. Nothing may be wrong but for `problem`.
 */
async function numbersIn(path: string, size: number, problem: RegExp | null = null): Promise<number[]> {
  const opened = await openCaptureFile(path, { isWhole: false });
  const { capture } = opened;
  const numbers: number[] = [];
  let n = 1;
  const told = await opened.read(async () => {
    for (; n <= capture.lastN; n++) {
      await capture.prepare(n);
      const row = capture.row(n);
      if (row?.kind !== "message" || row.sizeBytes !== size) continue;
      if (n === capture.firstN && capture.frames(n, 1).frames[0]!.keptBytes < size) continue;
      numbers.push(numberOf(capture, n, size));
    }
  });
  await opened.close();
  if (problem === null) assert.equal(told, null);
  else assert.match(told ?? "", problem);
  return numbers;
}

function numberOf(capture: Capture, n: number, size: number): number {
  const { frames } = capture.frames(n, 2);
  assert.deepEqual(
    frames.map(({ sizeBytes, keptBytes }) => [sizeBytes, keptBytes]),
    [[size, size]],
    `row ${n}`,
  );
  const body = Buffer.from(capture.readFrame(n, 0, 0, size));
  assert.equal(body.subarray(8).equals(Buffer.alloc(size - 8, ".")), true, `row ${n}`);
  return Number(body.readBigUInt64BE());
}

const upTo = (count: number, from = 0): number[] => Array.from({ length: count - from }, (_, at) => from + at);
const linesOf = (text: string): TapLine[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TapLine);

test("attach --dir keeps what is far beyond memory, and read, export and fields tell of it", async (t) => {
  const each = 500;
  const count = 3 * each;
  const size = 250_000;
  const { tap, push, pull, dir } = await attach(t, "large");
  for (let sent = each; sent <= count; sent += each) {
    await Promise.all([push.number(each, size), pull.discard(each)]);
    // Traffic never waits for the disk, and a busy one may take less than memory has to let go.
    await until(() => segmentBytes(captureIn(dir)) > sent * size);
  }
  await push.send(text("the last one", '{"ok":true}'));
  await pull.receive();
  const ended = await tap.stop("SIGTERM");
  assert.equal(ended.code, 0, ended.stderr);
  const capture = captureIn(dir);
  assert.match(ended.stderr, new RegExp(`\nkeeping the capture in ${capture}\n`));
  assert.match(ended.stderr, /rows seen = \d+ kept \+ 0 evicted/);
  assert.ok(segmentBytes(capture) > count * size);

  const stats = await runCli(["read", capture, "--stats", "--json"]);
  assert.deepEqual([stats.code, stats.stderr], [0, ""]);
  const { messages, octets, links } = JSON.parse(stats.stdout) as Record<string, number>;
  assert.deepEqual([messages, octets, links], [count + 1, count * size + 23, 1]);
  assert.match((await runCli(["read", capture, "--stats"])).stdout, /\n +1501 +375000023 B +PUSH → PULL\n/);

  const chosen = await runCli(["read", capture, "--json", "--filter", "size < 1000 && json.ok == true"]);
  assert.deepEqual([chosen.code, chosen.stderr], [0, ""]);
  assert.deepEqual(
    linesOf(chosen.stdout).map(({ frames }) => frames),
    [["the last one", '{"ok":true}'].map((frame) => Buffer.from(frame).toString("base64"))],
  );
  const oldest = await runCli(["read", capture, "--json", "--filter", "kind == message && n < 20"]);
  assert.deepEqual(
    linesOf(oldest.stdout).map(({ frames }) => Number(Buffer.from(frames![0] as string, "base64").readBigUInt64BE())),
    upTo(linesOf(oldest.stdout).length),
  );
  assert.ok(linesOf(oldest.stdout).length > 10);
  const nothing = await runCli(["read", capture, "--filter", "topic == nowhere"]);
  assert.deepEqual([nothing.code, nothing.stdout, nothing.stderr], [0, "", ""]);

  assert.deepEqual(await numbersIn(capture, size), [...upTo(each), ...upTo(each), ...upTo(each)]);

  for (const [name, check] of [
    ["some.pcapng", (path: string) => assert.equal(follow(path, 0)[0].includes('{"ok":true}'), true)],
    ["some.jsonl", (path: string) => assert.equal(linesOf(readFileSync(path, "utf8")).length, 3)],
    ["some.csv", (path: string) => assert.match(readFileSync(path, "utf8"), /"?the last one/)],
  ] as const) {
    const to = join(folder, name);
    const exported = await runCli(["export", capture, "--to", to, "--filter", "n > 1500 && kind == message"]);
    assert.equal(exported.code, 0, exported.stderr);
    assert.match(exported.stderr, /^\d+ rows, \d+ octets written to .*some\.\w+\n$/);
    check(to);
    const again = await runCli(["export", capture, "--to", to]);
    assert.deepEqual([again.code, again.stdout], [1, ""]);
    assert.match(again.stderr, /^[^\n]+ is there already\. [^\n]+--force\.\n$/);
  }
  checkExpert(join(folder, "some.pcapng"));

  for (const path of [segmentPaths(capture)[0]!, segmentPaths(capture).at(-1)!]) assertQuiet(path);
});

/** tshark reads all of a file and has nothing to say against it. */
function assertQuiet(path: string): void {
  const said = execFileSync("sh", [
    "-c",
    'tshark -n -r "$1" 2>&1 >/dev/null | grep -v "Running as user" || true',
    "sh",
    path,
  ]);
  assert.equal(said.toString(), "", path);
}

test("What attach was keeping when it was killed is there whole and in order, but for the last moments", async (t) => {
  const file = join(folder, "killed.pcapng");
  const { tap, push, pull, dir } = await attach(t, "killed", "--write", file);
  const size = 20_000;
  const before = 3000;
  await Promise.all([push.number(before, size), pull.discard(before)]);
  const capture = captureIn(dir);
  await until(() => segmentBytes(capture) > before * size && statSync(file).size > before * size);
  // The numbers begin again.
  const sending = push.number(2 * before, size);
  const receiving = pull.collect();
  // One segment more, which may be under way without its index.
  await until(() => segmentBytes(capture) > (before + 500) * size + 4 * MIB);
  const { code } = await tap.stop("SIGKILL");
  assert.equal(code, null);
  for (const [path, problem] of [
    [capture, null],
    // A file that only ever grows ends where it was cut.
    [
      file,
      /^$|killed\.pcapng: The file ends in the middle of a packet or block, as after a crash; all before was read\./,
    ],
  ] as const) {
    const numbers = await numbersIn(path, size, problem);
    assert.ok(numbers.length >= before, `${numbers.length} in ${path}`);
    assert.deepEqual(numbers, [...upTo(before), ...upTo(numbers.length - before)]);
    const read = await runCli(["read", path, "--stats", "--json"]);
    assert.match(read.stderr, problem ?? /^$/);
    assert.equal(read.code, read.stderr === "" ? 0 : 1);
    assert.equal((JSON.parse(read.stdout) as { messages: number }).messages, numbers.length);
  }
  const paths = segmentPaths(capture);
  for (const path of paths.slice(0, -1)) assertQuiet(path);
  // The kill may have cut the last one in the middle of a block.
  for (const path of [paths.at(-1)!, file]) tsharkWhole(path);
  assert.ok((await numbersIn(capture, size)).length >= before + 500, "what was on disk before the kill is there");
  await Promise.all([push.halt(), pull.halt()]);
  await Promise.allSettled([sending, receiving]);
});

test("A folder stays within --max-disk while the newest is kept, whatever comes", async (t) => {
  const { tap, push, pull, dir } = await attach(t, "bounded", "--max-disk", "64MiB");
  const capture = captureIn(dir);
  // Less than memory holds, so that no disk is too slow.
  const count = 2000;
  const size = 100_000;
  const seen = { most: 0, isOver: false };
  const watching = until(() => {
    // It says so when a file goes under its hands, and counts all others.
    const kilobytes = Number(spawnSync("du", ["-sk", capture]).stdout.toString().split("\t")[0]);
    seen.most = Math.max(seen.most, kilobytes * 1024);
    return seen.isOver;
  });
  await Promise.all([push.number(count, size), pull.discard(count)]);
  const { code, stderr } = await tap.stop("SIGTERM");
  seen.isOver = true;
  await watching;
  assert.equal(code, 0, stderr);
  // The one that is being written and the one that is being deleted come on top.
  assert.ok(seen.most < 64 * MIB + 3 * 4 * MIB, `${seen.most} octets`);
  assert.ok(segmentBytes(capture) <= 64 * MIB);
  const numbers = await numbersIn(capture, size);
  assert.ok(numbers.length > 500);
  assert.deepEqual(numbers, upTo(count, count - numbers.length));
  const [, rows, kept, evicted] = /(\d+) rows seen = (\d+) kept \+ (\d+) evicted/.exec(stderr) ?? [];
  assert.equal(Number(rows), Number(kept) + Number(evicted));
});

test("The files of a folder are read by tshark while they are written", async (t) => {
  const { tap, push, pull, dir } = await attach(t, "growing");
  const capture = captureIn(dir);
  const size = 30_000;
  const each = 300;
  const rounds = 4;
  for (let round = 0; round < rounds; round++) {
    const traffic = Promise.all([push.number(each, size), pull.discard(each)]);
    await until(() => segmentBytes(capture) > (round + 0.1) * each * size);
    for (const path of segmentPaths(capture).slice(-3)) tsharkWhole(path);
    await traffic;
  }
  // Reading changes nothing of what is under way.
  for (const path of [capture, join(capture, "live")]) {
    const early = await numbersIn(path, size);
    assert.deepEqual(
      early,
      Array.from({ length: rounds }, () => upTo(each))
        .flat()
        .slice(0, early.length),
    );
    assert.ok(early.length > (rounds - 1) * each);
  }
  const { code } = await tap.stop("SIGTERM");
  assert.equal(code, 0);
  for (const path of segmentPaths(capture)) assertQuiet(path);
  // Conversations of all segments together are what the program sent.
  const numbers = await numbersIn(capture, size);
  assert.deepEqual(numbers, Array.from({ length: rounds }, () => upTo(each)).flat());
  const all = join(folder, "growing.pcapng");
  assert.equal((await runCli(["export", capture, "--to", all])).code, 0);
  checkExpert(all);
  const [sent] = follow(all, 0);
  let at = sent.length - numbers.length * (size + 9);
  for (const number of numbers) {
    assert.equal(Number(sent.readBigUInt64BE(at + 9)), number);
    at += size + 9;
  }
});

/** Packets that tshark reads of a file; only the cut of the last one may be complained of. */
function tsharkWhole(path: string): void {
  execFileSync("sh", ["-c", 'tshark -n -r "$1" 2>"$1.said" >/dev/null || true', "sh", path]);
  const said = readFileSync(`${path}.said`, "utf8");
  rmSync(`${path}.said`);
  for (const line of said.split("\n").filter(Boolean)) {
    assert.match(line, /^Running as user|appears to have been cut short in the middle of a packet/);
  }
}

test("read leaves a folder alone that is no capture, and names those within it", async () => {
  const mine = mkdtempSync(join(folder, "mine-"));
  for (const name of ["server.log", "000000001.log", "000000002.pcapng", "000000002.log", "marks.json", "lock"]) {
    writeFileSync(join(mine, name), "not yours");
  }
  const before = readdirSync(mine).sort();
  const refused = await runCli(["read", mine]);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /no capture in this folder\.\n$/);
  assert.deepEqual(readdirSync(mine).sort(), before);
  for (const name of before) assert.equal(readFileSync(join(mine, name), "utf8"), "not yours", name);
  mkdirSync(join(mine, "capture-2026-01-01"));
  assert.match((await runCli(["read", mine])).stderr, /such as \S+capture-2026-01-01\.\n$/);
});

test("read and export say in one sentence what is wrong, and end with a code of their own", async () => {
  const file = join(folder, "some.jsonl");
  const none = join(folder, "none.pcapng");
  const some = join(folder, "some.pcapng");
  const cases: readonly (readonly [number, RegExp, ...string[]])[] = [
    [2, /^topic = x\n {6}\^/, "read", some, "--filter", "topic = x"],
    [2, /^sise == 4\n\^+\n[^\n]*size/, "read", some, "--filter", "sise == 4"],
    [2, /^n == seven\n {5}\^/, "export", some, "--to", join(folder, "x.csv"), "--filter", "n == seven"],
    [2, /\^/, "read", some, "--stats", "--filter", "("],
    [1, /none\.pcapng/, "read", none],
    [1, /none\.pcapng/, "export", none, "--to", join(folder, "x.csv")],
    [1, /some\.jsonl/, "read", file],
    [1, /no capture in this folder/, "read", folder],
    [2, /\.pcapng, \.jsonl or \.csv/, "export", some, "--to", join(folder, "x.txt")],
    [2, /capture file is missing/, "read"],
    [1, /nowhere/, "export", some, "--to", join(folder, "nowhere", "x.csv")],
    [2, /max-disk/, "attach", "tcp://127.0.0.1:1", "--max-disk", "1GiB"],
    [2, /64MiB/, "attach", "tcp://127.0.0.1:1", "--dir", folder, "--max-disk", "1kB"],
  ];
  for (const [code, message, ...args] of cases) {
    const ended = await runCli(args);
    assert.equal(ended.code, code, `${args.join(" ")}: ${ended.stderr}`);
    assert.equal(ended.stdout, "");
    assert.match(ended.stderr, message, args.join(" "));
    assert.match(ended.stderr, /[.?]( \(at octet \d+\))?\n$/, args.join(" "));
    assert.doesNotMatch(ended.stderr, /\n {4}at /);
  }
  const fields = await runCli(["fields"]);
  assert.deepEqual([fields.code, fields.stderr], [0, ""]);
  for (const name of ["topic", "size", "latency", "copies", "json"])
    assert.match(fields.stdout, new RegExp(`\\b${name}\\b`));
});

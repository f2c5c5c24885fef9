import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { until } from "../support/until.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { runCli } from "./support/cliTap.ts";
import { tellFault } from "./support/faultReport.ts";
import { type Rig, startRig } from "./support/rig.ts";

const MIB = 1024 * 1024;
const SIZE = 50_000;
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-faults-"));
const python = new PythonPeer();
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

type Pushing = {
  readonly t: TestContext;
  readonly rig: Rig;
  readonly push: PythonSocket;
  readonly pull: PythonSocket;
  sent: number;
};

async function setUp(t: TestContext, ...args: readonly string[]): Promise<Pushing> {
  const pull = await python.open("PULL");
  const rig = await startRig(t, await pull.bind("tcp://127.0.0.1:*"), undefined, args);
  const push = await python.open("PUSH");
  await push.connect(rig.endpoint);
  return { t, rig, push, pull, sent: 0 };
}

async function send(pushing: Pushing, count: number): Promise<void> {
  await Promise.all([pushing.push.number(count, SIZE), pushing.pull.discard(count)]);
  pushing.sent += count;
}

/** All went through as it was, all of it is kept in memory, and stderr says once what happened. */
async function assertUnharmed({ t, rig, push, sent }: Pushing, problem: RegExp): Promise<void> {
  await rig.assertBytesEqual();
  await push.close();
  await until(() => rig.before.recordings.every(({ isOpen }) => !isOpen));
  const { code, stderr } = await rig.tap.stop("SIGTERM");
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`\n${sent} messages, \\d+ octets; \\d+ rows seen = \\d+ kept \\+ 0 evicted`));
  const told = stderr.split("\n").filter((line) => line.includes("in memory only"));
  assert.equal(told.length, 1, stderr);
  assert.match(told[0]!, problem);
  assert.doesNotMatch(told[0]!, /window/);
  assert.doesNotMatch(stderr, /\n {4}at /);
  tellFault(t, { saw: told[0]!, survived: `${sent} messages, as they were, and all of them kept in memory` });
}

const captureIn = (dir: string): string => join(dir, readdirSync(dir)[0]!);

function bytesIn(path: string): number {
  return readdirSync(path).reduce(
    (sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** Whether this user may mount file systems here. What cannot be done without is done in another way then. */
const canMount = ((): boolean => {
  const place = join(folder, "probe");
  mkdirSync(place);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place], { stdio: "ignore" });
    execFileSync("umount", [place]);
    return true;
  } catch {
    return false;
  }
})();

function mount(t: TestContext, name: string, ...args: readonly string[]): string {
  const place = join(folder, name);
  mkdirSync(place);
  execFileSync("mount", [...args, place]);
  t.after(() => execFileSync("umount", ["-l", place]));
  return place;
}

test("A file system that is full makes the capture go on in memory", async (t) => {
  // Where nothing can be mounted, a limit to the size of files is as near as it comes.
  const dir = canMount ? mount(t, "full", "-t", "tmpfs", "-o", "size=12m", "tmpfs") : join(folder, "full");
  const pushing = await setUp(t, "--quiet", "--dir", dir);
  if (!canMount) execFileSync("prlimit", ["--pid", String(pushing.rig.tap.child.pid), `--fsize=${2 * MIB}`]);
  await send(pushing, 600);
  await until(() => pushing.rig.tap.stderr.includes("in memory only"));
  const left = bytesIn(join(captureIn(dir), "live"));
  await send(pushing, 600);
  await assertUnharmed(pushing, canMount ? /the disk is full\. Free some space/ : /larger than is allowed/);
  assert.ok(bytesIn(join(captureIn(dir), "live")) <= left, "nothing more was written");
  // What was whole on disk can be read.
  const { code, stdout, stderr } = await runCli(["read", captureIn(dir), "--stats", "--json"]);
  if (canMount) {
    assert.equal(code, 0, stderr);
    const { messages } = JSON.parse(stdout) as { messages: number };
    assert.ok(messages > 100 && messages < 600, `${messages} messages`);
  }
});

test("A limit to the size of files makes the capture go on in memory", async (t) => {
  const dir = join(folder, "limited");
  const pushing = await setUp(t, "--quiet", "--dir", dir);
  await send(pushing, 100);
  execFileSync("prlimit", ["--pid", String(pushing.rig.tap.child.pid), `--fsize=${2 * MIB}`]);
  await send(pushing, 400);
  await until(() => pushing.rig.tap.stderr.includes("in memory only"));
  await send(pushing, 100);
  await assertUnharmed(pushing, /the file grew larger than is allowed/);
});

for (const what of ["the capture", "all of --dir"]) {
  test(`A folder that is deleted while the tap runs (${what}) makes the capture go on in memory`, async (t) => {
    const dir = join(folder, `deleted ${what}`);
    const pushing = await setUp(t, "--quiet", "--dir", dir);
    await send(pushing, 300);
    await until(() => bytesIn(join(captureIn(dir), "live")) > 300 * SIZE);
    rmSync(what === "the capture" ? captureIn(dir) : dir, { recursive: true });
    await send(pushing, 300);
    await until(() => pushing.rig.tap.stderr.includes("in memory only"));
    await send(pushing, 100);
    await assertUnharmed(pushing, /the folder was deleted/);
  });
}

test("A folder that becomes read-only makes the capture go on in memory", async (t) => {
  const dir = join(folder, "read-only");
  const pushing = await setUp(t, "--quiet", "--dir", dir);
  await send(pushing, 300);
  const live = join(captureIn(dir), "live");
  await until(() => bytesIn(live) > 300 * SIZE);
  // Permissions do not bind root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync("chattr", ["+i", live]);
  else chmodSync(live, 0o500);
  t.after(() => (isRoot ? execFileSync("chattr", ["-i", live]) : chmodSync(live, 0o700)));
  await send(pushing, 300);
  await until(() => pushing.rig.tap.stderr.includes("in memory only"));
  await send(pushing, 100);
  await assertUnharmed(
    pushing,
    /the folder may not be written to\. Give its permission back and start zmq-tap again\./,
  );
});

test("A file of --write that can grow no more is told of at once, and the tap goes on without it", async (t) => {
  const file = join(folder, "written.pcapng");
  const pushing = await setUp(t, "--quiet", "--write", file);
  const { tap } = pushing.rig;
  await send(pushing, 100);
  await until(() => statSync(file).size > 100 * SIZE);
  execFileSync("prlimit", ["--pid", String(tap.child.pid), `--fsize=${6 * MIB}`]);
  await send(pushing, 400);
  await until(() => tap.stderr.includes("What was written before is there."));
  await send(pushing, 100);
  await pushing.rig.assertBytesEqual();
  await pushing.push.close();
  const { code, stderr } = await tap.stop("SIGTERM");
  assert.equal(code, 1);
  assert.equal(stderr.match(/written\.pcapng/g)?.length, 1, stderr);
  assert.match(stderr, /\n600 messages, /);
  const { stdout } = await runCli(["read", file, "--stats", "--json"]);
  const { messages } = JSON.parse(stdout) as { messages: number };
  assert.ok(messages >= 100 && messages < 500, String(messages));
});

test("A folder that cannot be made is told of, and the tap works without", async (t) => {
  writeFileSync(join(folder, "a file"), "");
  const pushing = await setUp(t, "--quiet", "--dir", join(folder, "a file"));
  await send(pushing, 50);
  await assertUnharmed(pushing, /could not be written to disk/);
});

test("A disk that never answers slows no traffic, and the tap ends without it", async (t) => {
  const dir = join(folder, "silent");
  const pushing = await setUp(t, "--quiet", "--dir", dir);
  // Opening a pipe for writing waits until somebody reads it, which nobody does.
  execFileSync("mkfifo", [join(captureIn(dir), "live", "000000001.pcapng")]);
  await send(pushing, 1000);
  await pushing.rig.assertBytesEqual();
  await pushing.push.close();
  await until(() => pushing.rig.before.recordings.every(({ isOpen }) => !isOpen));
  const { code, stderr } = await pushing.rig.tap.stop("SIGTERM");
  assert.equal(code, null, "a write that never comes back ends with the process only");
  assert.match(stderr, /the disk did not answer/);
  assert.match(stderr, /\n1000 messages, /);
});

if (canMount) {
  test("A disk that stands still slows no traffic, and gets all of it when it goes on", async (t) => {
    const image = join(folder, "image");
    writeFileSync(image, "");
    truncateSync(image, 512 * MIB);
    execFileSync("mkfs.ext4", ["-q", image]);
    const dir = mount(t, "frozen", "-o", "loop", image);
    const pushing = await setUp(t, "--quiet", "--dir", join(dir, "captures"));
    await send(pushing, 100);
    const capture = captureIn(join(dir, "captures"));
    await until(() => bytesIn(join(capture, "live")) > 100 * SIZE);
    execFileSync("fsfreeze", ["-f", dir]);
    let isFrozen = true;
    const thaw = (): void => {
      if (isFrozen) execFileSync("fsfreeze", ["-u", dir]);
      isFrozen = false;
    };
    t.after(thaw);
    await send(pushing, 1000);
    await pushing.rig.assertBytesEqual();
    thaw();
    await until(() => bytesIn(join(capture, "live")) > 1100 * SIZE);
    await send(pushing, 100);
    await pushing.push.close();
    await until(() => pushing.rig.before.recordings.every(({ isOpen }) => !isOpen));
    const { code, stderr } = await pushing.rig.tap.stop("SIGTERM");
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /memory only/);
    const { stdout } = await runCli(["read", capture, "--stats", "--json"]);
    assert.equal((JSON.parse(stdout) as { messages: number }).messages, 1200);
  });
}

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap, runCli, type TapLine } from "./support/cliTap.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

/** Has a DEALER send a REP two requests that it drops, and one that it takes, through a tap that also writes a file. */
async function dropped(
  t: TestContext,
  args: readonly string[],
): Promise<{ tap: CliTap; file: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-findings-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "traffic.pcapng");
  const rep = await javascript.open("REP");
  const tap = await CliTap.start(await rep.bind("tcp://127.0.0.1:*"), [...args, "--write", file, "--dir", folder]);
  t.after(() => tap.stop("SIGKILL"));
  const dealer = await python.open("DEALER");
  await dealer.connect(tap.endpoint);
  await dealer.send(text("work"), text("more work"), text("", "at last"));
  await rep.receive();
  await rep.send(text("done"));
  await dealer.receive();
  await dealer.close();
  return { tap, file, folder };
}

test("attach --json prints a finding as a line of its own, behind its rows; check and read find it in what was kept", async (t) => {
  const { tap, file, folder } = await dropped(t, ["--json"]);
  const [found] = await tap.untilFindings();
  const first = tap.messages[0]!.line;
  assert.deepEqual(
    [found!.id, found!.severity, found!.evidence![0], found!.link],
    ["rep-missing-delimiter", "error", first.n, 1],
  );
  assert.ok(tap.lines.indexOf(first) < tap.lines.indexOf(found!));
  assert.equal((await tap.stop()).code, 0);
  assert.equal(tap.lines.filter(({ type }) => type === "finding").length, 1);
  const [kept] = /\S*capture-\S+/.exec(tap.stderr)!;
  assert.ok(kept.startsWith(folder));
  for (const path of [file, kept]) {
    const checked = await runCli(["check", path, "--json"]);
    const lines = checked.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      [checked.code, lines.map(({ id, severity, count }) => [id, severity, count])],
      [5, [["rep-missing-delimiter", "error", 2]]],
    );
    assert.match(checked.stderr, /^1 error, 0 warnings, 0 notes in \d+ rows\n$/);
    const read = await runCli(["read", path, "--filter", "~e", "--json"]);
    const rows = read.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TapLine);
    assert.deepEqual(
      rows.map(({ type, n, finding }) => [type, n, finding]),
      (lines[0]!["evidence"] as number[]).map((n) => ["message", n, ["rep-missing-delimiter"]]),
    );
  }
  const without = await runCli(["check", file, "--disable", "rep-missing-delimiter"]);
  assert.deepEqual([without.code, without.stdout], [0, ""]);
});

test("attach prints a finding in words among its rows", async (t) => {
  const { tap } = await dropped(t, []);
  await tap.stop();
  assert.match(
    tap.stdout,
    /^\d\d:\d\d:\d\d\.\d{6} {2}error {4}rep-missing-delimiter: DEALER at 127\.0\.0\.1:\d+ sends/m,
  );
});

test("check says what is wrong with a file or with its arguments", async () => {
  const missing = await runCli(["check", "/nowhere/traffic.pcapng"]);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /\/nowhere\/traffic\.pcapng/);
  assert.equal((await runCli(["check"])).code, 2);
});

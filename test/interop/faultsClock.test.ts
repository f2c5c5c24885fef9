import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { tellFault } from "./support/faultReport.ts";

// The system's clock is set while a tap runs: with Debian's faketime, since the real one is everybody's.

const DAY_MS = 24 * 60 * 60 * 1000;
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-clock-"));
const offset = join(folder, "offset");
const python = new PythonPeer();
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

function faketimeLibrary(): string {
  const found = readdirSync("/usr/lib")
    .map((name) => join("/usr/lib", name, "faketime", "libfaketime.so.1"))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error("Install the Debian package faketime: these tests set the clock with it.");
  return found;
}

/** A process with this environment has the clock that `offset` says, and notices at once when that changes. */
const environment = (): NodeJS.ProcessEnv => ({
  LD_PRELOAD: faketimeLibrary(),
  FAKETIME_TIMESTAMP_FILE: offset,
  FAKETIME_NO_CACHE: "1",
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
});

const setClock = (days: number): void => writeFileSync(offset, `${days < 0 ? "" : "+"}${days}d\n`);

/** What a program that starts now takes for the time. */
const clockOfOthers = (): number =>
  Number(
    execFileSync(process.execPath, ["-p", "Date.now()"], {
      env: { ...process.env, ...environment() },
      encoding: "utf8",
    }),
  );

test("A clock that jumps forth and back reorders no rows, and no latency, and the capture can be read", async (t) => {
  setClock(0);
  const rep = await python.open("REP");
  const dir = join(folder, "captures");
  const tap = await CliTap.start(await rep.bind("tcp://127.0.0.1:*"), ["--json", "--dir", dir], undefined, {
    environment: environment(),
  });
  t.after(() => tap.stop("SIGKILL"));
  const req = await python.open("REQ");
  await req.connect(tap.endpoint);
  const start = Date.now();
  for (const days of [0, 1, -400, 30]) {
    setClock(days);
    assert.ok(
      Math.abs(clockOfOthers() - Date.now() - days * DAY_MS) < DAY_MS / 24,
      `the clock is not ${days} days off`,
    );
    for (let question = 0; question < 20; question++) {
      await req.send(text(`${days} ${question}`));
      await rep.receive();
      await rep.send(text("answer"));
      await req.receive();
    }
  }
  const rows = (await tap.untilMessages(160)).map(({ line }) => line);
  const times = rows.map(({ time }) => Date.parse(time));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const elapsedMs = Date.now() - start;
  assert.ok(times.at(-1)! - times[0]! <= elapsedMs + 1_000);
  assert.ok(rows.every(({ latencyMs }) => latencyMs == null || (latencyMs >= 0 && latencyMs < elapsedMs)));
  const { code, findings } = await tap.stop();
  assert.deepEqual([code, findings], [0, []]);
  const { stdout } = await runCli(["read", join(dir, readdirSync(dir)[0]!), "--json"]);
  const written = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { n: number; time: string });
  assert.deepEqual(
    written.map(({ n }) => n),
    written.map((_, at) => at + 1),
  );
  for (const socket of [req, rep]) await socket.close();
  tellFault(t, {
    did: "the clock was set a day ahead, 400 days back, and a month ahead while messages ran",
    saw: "rows with the times of the clock at the tap's start, carried forward",
    survived: "order, latencies, the capture on disk",
  });
});

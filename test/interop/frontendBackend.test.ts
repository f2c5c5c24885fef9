import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { findPython } from "./peers/python.ts";
import { CliTap } from "./support/cliTap.ts";

const PROGRAM = join(import.meta.dirname, "peers", "frontendBackend.py");
const LINKS = ["calls", "signals"] as const;
type LinkName = (typeof LINKS)[number];

/** One line of the programs. */
type Said = { readonly link: LinkName; readonly sent?: string; readonly received?: string };

/** Where each side of a link listens or connects. */
type Addresses = Readonly<Record<LinkName, string>>;

/** A current directory with a fresh certificate folder. */
function certificates(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-frontend-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { status } = spawnSync(findPython(), ["-B", PROGRAM, "certificates"], { cwd: folder, stdio: "inherit" });
  assert.equal(status, 0);
  return folder;
}

function start(
  t: TestContext,
  folder: string,
  mode: "frontend" | "backend",
  { calls, signals }: Addresses,
): ChildProcessByStdio<null, Readable, null> {
  const program = spawn(findPython(), ["-B", PROGRAM, mode, calls, signals], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => program.kill("SIGKILL"));
  return program;
}

async function rest(program: ChildProcessByStdio<null, Readable, null>): Promise<Said[]> {
  let output = "";
  program.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  const [code] = (await once(program, "close")) as [number | null];
  assert.equal(code, 0);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Said);
}

/** Runs both programs to their end. `connect` is where the requesting side of each link connects. */
async function run(
  t: TestContext,
  folder: string,
  listen: Addresses,
  connect: Addresses,
): Promise<{ frontend: Said[]; backend: Said[] }> {
  const backend = start(t, folder, "backend", { calls: listen.calls, signals: connect.signals });
  const frontend = start(t, folder, "frontend", { calls: connect.calls, signals: listen.signals });
  const [ofFrontend, ofBackend] = await Promise.all([rest(frontend), rest(backend)]);
  return { frontend: ofFrontend, backend: ofBackend };
}

const addresses = (host: string, ports: Readonly<Record<LinkName, number>>): Addresses => ({
  calls: `tcp://${host}:${ports.calls}`,
  signals: `tcp://${host}:${ports.signals}`,
});

const freePorts = async (): Promise<Record<LinkName, number>> => ({
  calls: await freePort(),
  signals: await freePort(),
});

/** What was said on a link in whatever order, since signals come in any, and without PINGs, which follow idle seconds. */
const spoken = (said: readonly Said[], link: LinkName): string[] =>
  said
    .filter((line) => line.link === link)
    .map(({ sent, received }) => (sent === undefined ? `< ${received ?? ""}` : `> ${sent}`))
    .filter((line) => !/OK$|PING$/.test(line))
    .sort();

/** Ports first, since each program connects to the other: a tap listens as soon as its server does. */
async function startTaps(
  t: TestContext,
  ports: Readonly<Record<LinkName, number>>,
  args: (link: LinkName) => readonly string[],
): Promise<Readonly<Record<LinkName, CliTap>>> {
  const startTap = async (link: LinkName): Promise<CliTap> => {
    const tap = await CliTap.start(`tcp://127.0.0.1:${ports[link]}`, ["--json", "--full", ...args(link)]);
    t.after(() => tap.stop("SIGKILL"));
    return tap;
  };
  return { calls: await startTap("calls"), signals: await startTap("signals") };
}

test("Taps with the servers' certificates print every call and signal of two programs that know only other ports", async (t) => {
  const folder = certificates(t);
  const directPorts = await freePorts();
  const direct = await run(t, folder, addresses("127.0.0.1", directPorts), addresses("localhost", directPorts));

  const ports = await freePorts();
  const certificate = { calls: "backend", signals: "frontend" } as const;
  const taps = await startTaps(t, ports, (link) => [
    "--curve-server",
    join(folder, "zmq_certificates", `${certificate[link]}.key_secret`),
  ]);
  const tapPorts = { calls: taps.calls.port, signals: taps.signals.port };
  const tapped = await run(t, folder, addresses("127.0.0.1", ports), addresses("localhost", tapPorts));

  for (const link of LINKS) {
    assert.deepEqual(spoken(tapped.frontend, link), spoken(direct.frontend, link));
    assert.deepEqual(spoken(tapped.backend, link), spoken(direct.backend, link));
    const [requester, replier] =
      link === "calls" ? ["frontend" as const, "backend" as const] : ["backend" as const, "frontend" as const];
    const sent = (who: "frontend" | "backend"): string[] =>
      tapped[who].filter((line) => line.link === link).flatMap((line) => line.sent ?? []);
    const printed = await taps[link].untilMessages(sent(requester).length + sent(replier).length);
    const payloads = (side: string): string[] =>
      printed
        .filter(({ from }) => from === side)
        .map(({ frames }) => {
          assert.equal(frames.length, 2, "a delimiter and a payload");
          return String(frames[1]);
        });
    assert.deepEqual(payloads("client"), sent(requester));
    assert.deepEqual(payloads("server"), sent(replier));
    assert.ok(sent(requester).length >= 6);
    const [handshake] = taps[link].events("handshake");
    assert.deepEqual([handshake?.detail?.["state"], handshake?.detail?.["mechanism"]], ["done", "CURVE"]);
  }
});

test("Taps without keys carry the calls and signals of two CURVE programs, and print sizes only", async (t) => {
  const folder = certificates(t);
  const ports = await freePorts();
  const taps = await startTaps(t, ports, () => []);
  const tapPorts = { calls: taps.calls.port, signals: taps.signals.port };
  const { frontend, backend } = await run(t, folder, addresses("127.0.0.1", ports), addresses("localhost", tapPorts));
  for (const link of LINKS) {
    const mirrored = spoken(backend, link).map((line) => (line.startsWith(">") ? "<" : ">") + line.slice(1));
    assert.deepEqual(spoken(frontend, link), mirrored.sort());
    await taps[link].untilEvents("link-closed");
    assert.deepEqual(taps[link].messages, []);
    assert.ok(taps[link].lines.some(({ type }) => type === "encrypted"));
  }
});

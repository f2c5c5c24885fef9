import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { Reply } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { findPython } from "../interop/peers/python.ts";
import { type Executed, type Kernel, startKernel } from "../interop/support/kernel.ts";
import { SeedProgram } from "../interop/support/seedProgram.ts";
import { inspector, keepEvidence, openSession, rows, type Session } from "./support/session.ts";

/** The programs of the systems that calls are made to, each behind a tap of its name. Jupyter's five come by command. */
const TAPS = ["pyzmqrpc3", "pyzmqrpc", "pyblish", "bridge", "commands", "units", "backend", "frontend"] as const;
type TapName = (typeof TAPS)[number];

const THEMES: readonly ThemeName[] = ["dark", "light", "high contrast"];
const DARK: readonly ThemeName[] = ["dark"];
const ANYWHERE = "tcp://127.0.0.1:*";
const FRONTEND_BACKEND = join(import.meta.dirname, "..", "interop", "peers", "frontendBackend.py");

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-seeds-"));
const ends: (() => Promise<void>)[] = [];
const suite = { after: (end: () => Promise<void>) => void ends.push(end) };
const listen = {} as Record<TapName, string>;
let session: Session;
let panel: FrameLocator;
let production: SeedProgram;
let kernel: Kernel;

const program = (name: string, ...args: string[]): SeedProgram => new SeedProgram(suite, name, args);

/** Both halves of the pair that a program of the frontend-backend system has. */
function pairIn(name: string): { publicKey: string; secretKey: string } {
  const text = readFileSync(join(folder, "zmq_certificates", `${name}.key_secret`), "utf8");
  const [, publicKey = "", secretKey = ""] = /public-key = "(.{40})"\s+secret-key = "(.{40})"/.exec(text) ?? [];
  return { publicKey, secretKey };
}

/** The back end as it is, and a front end's listener for its signals, both behind CURVE. */
async function startFrontendBackend(): Promise<{ backend: string; frontend: string }> {
  assert.equal(spawnSync(findPython(), ["-B", FRONTEND_BACKEND, "certificates"], { cwd: folder }).status, 0);
  const frontend = new Reply({ linger: 0, curveServer: true, curveSecretKey: pairIn("frontend").secretKey });
  await frontend.bind(ANYWHERE);
  suite.after(() => {
    frontend.close();
    return Promise.resolve();
  });
  const acknowledge = async (): Promise<void> => {
    for (;;) {
      await frontend.receive();
      await frontend.send("OK");
    }
  };
  acknowledge().catch(() => undefined);
  const backend = `tcp://127.0.0.1:${await freePort()}`;
  const child = spawn(findPython(), ["-B", FRONTEND_BACKEND, "backend", backend, listen.frontend], {
    cwd: folder,
    stdio: "ignore",
  });
  suite.after(async () => {
    const closed = once(child, "close");
    if (child.kill("SIGKILL")) await closed;
  });
  return { backend, frontend: frontend.lastEndpoint! };
}

before(async () => {
  process.env["JUPYTER_RUNTIME_DIR"] = folder;
  for (const name of TAPS) listen[name] = `tcp://127.0.0.1:${await freePort()}`;
  const [peers, started] = await Promise.all([startFrontendBackend(), startKernel(suite, "tcp", folder)]);
  kernel = started;
  production = program("voisietequi", "server", ANYWHERE, ANYWHERE);
  const serving = async (name: string): Promise<string> => (await program(name, "server", ANYWHERE).bound())[0]!;
  const [pyzmqrpc3, pyzmqrpc, pyblish, bridge, [commands, units]] = await Promise.all([
    serving("pyzmqrpc3"),
    serving("pyzmqrpc"),
    serving("xmlRpc"),
    serving("zmqWebBridge"),
    production.bound(2),
  ]);
  const servers = { pyzmqrpc3, pyzmqrpc, pyblish, bridge, commands, units, ...peers };
  const taps = TAPS.map((name) => ({
    name,
    server: servers[name],
    listen: listen[name],
    ...(name in peers ? { security: { serverPair: name } } : {}),
  }));
  session = await openSession({ workspaceSettings: { "zmqTap.taps": taps } });
  await session.workbench.openContainer("ZMQ Tap");
  await listening("units");
  await importPairs();
  await attachKernel();
  await speak();
  session.page.setDefaultTimeout(15_000);
  panel = await inspector(session);
  await panel.locator("#tab-call").click();
  await panel.locator("#call-form").waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  for (const end of ends) await end();
  await session.close();
  rmSync(folder, { recursive: true });
});

/** Waits until a tap listens, as the view Taps says: the port comes before its rate only then. */
async function listening(tap: TapName): Promise<void> {
  const items = session.page.locator(".customview-tree .monaco-list-row", {
    hasText: new RegExp(`^${tap}\\s*:\\d+ .*\\d/s`),
  });
  await items.first().waitFor();
}

/** The taps that lack the keys of their names start when these come. */
async function importPairs(): Promise<void> {
  const { workbench, page } = session;
  const lines = ["backend", "frontend"].flatMap((name) => {
    const { publicKey, secretKey } = pairIn(name);
    return [`${name}_public_key=${publicKey}`, `${name}_secret_key=${secretKey}`];
  });
  await page.evaluate((text) => navigator.clipboard.writeText(text), `${lines.join("\n")}\n`);
  await workbench.run("ZMQ Tap: Import Keys");
  await workbench.awaitQuestion("Where are the keys?");
  await workbench.quickRows().filter({ hasText: "From the Clipboard" }).click();
  await workbench.awaitQuestion("2 keys were recognised");
  await page.keyboard.press("Enter");
  await workbench.notification("Imported");
  await listening("backend");
  await listening("frontend");
}

async function attachKernel(): Promise<void> {
  const { workbench, page } = session;
  await workbench.run("ZMQ Tap: Attach to Jupyter Connection File…");
  await workbench.awaitQuestion("Connection file of which kernel?");
  await page.keyboard.press("Enter");
  await page.locator(".notification-toast", { hasText: "kernel-1-tap.json" }).waitFor();
  await workbench.run("Notifications: Clear All Notifications");
}

/** The systems' own clients speak through the taps, so that what is spoken there is known. */
async function speak(): Promise<void> {
  const asking = async (name: string, tap: TapName, says: string, ask: unknown): Promise<void> => {
    const client = program(name, "client", listen[tap]);
    client.tell(ask);
    await client.said(says);
  };
  const unit = program("voisietequi", "unit", listen.commands, listen.units);
  const [executed] = await Promise.all([
    kernel.program
      .ask({ op: "connect", file: join(folder, "kernel-1-tap.json") })
      .then(() => kernel.program.ask<Executed>({ op: "execute", code: "6 * 7" })),
    asking("pyzmqrpc3", "pyzmqrpc3", "reply", ["call", "MoveArm", { axis: "x", mm: 12 }, 5000]),
    asking("pyzmqrpc", "pyzmqrpc", "reply", { function: "join", parameters: { first: "a" } }),
    asking("xmlRpc", "pyblish", "sent", ["ping"]),
    asking("zmqWebBridge", "bridge", "returned", ["add", 2, 3]),
    // A publisher tells nobody before a unit has subscribed, so it is told again.
    (async () => {
      while (unit.lines.length === 0) {
        production.tell(["configure", ["roma2016"], { PD: { "1": 2 }, PDL: { "1": -1 } }]);
        await production.said("sent", production.lines.filter((line) => "sent" in line).length + 1);
      }
      await production.said("called", 2);
    })(),
  ]);
  assert.equal(executed.reply.status, "ok");
}

async function choose(select: string, option: string): Promise<void> {
  await panel.locator(select).click();
  await panel.locator(`${select} li`, { hasText: option }).first().click();
}

type Typed = {
  readonly method: string;
  readonly args?: readonly string[];
  readonly kwargs?: string;
};

/** Chooses a tap, and waits until its dialect has been found out. */
async function through(tap: string, title: string): Promise<void> {
  await choose("#call-target", `${tap} (`);
  await choose("#call-dialect", "Auto");
  await panel.locator("#call-dialect .select-face", { hasText: `Auto (${title}` }).waitFor();
}

/** Fills in the form and sends the call. */
async function send({ method, args = [], kwargs }: Typed): Promise<void> {
  await panel.locator("#call-method").fill(method);
  const removers = panel.locator(".call-args .call-remove");
  for (let count = await removers.count(); count > args.length; count--) await removers.last().click();
  for (const [at, arg] of args.entries()) {
    if ((await removers.count()) <= at) await panel.locator("#call-add-arg").click();
    await panel.locator(`#call-arg-${at}`).first().fill(arg);
  }
  if (kwargs !== undefined) await panel.locator("#call-kwargs").first().fill(kwargs);
  await panel.locator("#call-send").click();
}

const result = (text: string | RegExp): Locator => panel.locator("#call-result", { hasText: text });

/** Waits until a row that holds a text says method and status, in the tab Messages. */
async function logged(text: string | RegExp, method: string, status: string): Promise<void> {
  await panel.locator("#tab-messages").click();
  const found = rows(panel, text).filter({ has: panel.locator(".cell-method", { hasText: method }) });
  await found.locator(".cell-status", { hasText: status }).first().waitFor();
  await panel.locator("#tab-call").click();
}

/** A service with real answers: a sound call, and one that fails. */
type Service = {
  readonly name: string;
  readonly tap: string;
  readonly title: string;
  readonly sound: Typed & { readonly value: string | RegExp };
  readonly failing: Typed & { readonly problem: string | RegExp; readonly code?: string };
  readonly themes?: readonly ThemeName[];
};

const SERVICES: readonly Service[] = [
  {
    name: "pyzmqrpc3",
    tap: "pyzmqrpc3",
    title: "pyzmqrpc3 commands",
    sound: { method: "MoveArm", kwargs: '{"axis": "y", "mm": 7}', value: "y:7" },
    failing: { method: "MoveArm", kwargs: '{"axis": "y", "mm": -1}', problem: "boom", code: "463" },
    themes: THEMES,
  },
  {
    name: "pyzmqrpc",
    tap: "pyzmqrpc",
    title: "pyzmqrpc functions",
    sound: { method: "join", kwargs: '{"first": "a", "second": "ž"}', value: "a:ž" },
    failing: { method: "unknown", kwargs: "{}", problem: "is not implemented", code: "451" },
  },
  {
    name: "xml-rpc",
    tap: "pyblish",
    title: "XML-RPC",
    sound: { method: "echo", args: ['["<&>", -5, null]'], value: "<&>" },
    failing: { method: "reset", args: ["true"], problem: "cannot reset", code: "1" },
  },
  {
    name: "zmq-web-bridge",
    tap: "bridge",
    title: "ZmqWebBridge",
    sound: { method: "add", args: ["2", "40"], kwargs: "{}", value: "42" },
    failing: { method: "secret", problem: "unauthorized access" },
  },
  {
    name: "jupyter",
    tap: "kernel-1 shell",
    title: "Jupyter",
    sound: { method: "execute_request", kwargs: '{"code": "6 * 7", "silent": false}', value: "execution_count" },
    failing: {
      method: "execute_request",
      kwargs: '{"code": "1 / 0", "silent": false}',
      problem: "ZeroDivisionError: division by zero",
      code: "ZeroDivisionError",
    },
    themes: ["dark", "light"],
  },
];

for (const { name, tap, title, sound, failing, themes = DARK } of SERVICES) {
  test(`A call to ${name} gets its real answer, and its error is shown as an error`, async () => {
    await through(tap, title);
    await send(sound);
    await panel.locator(".result-answer", { hasText: "Answered after" }).waitFor();
    await panel.locator(".result-value", { hasText: sound.value }).waitFor();
    await session.photograph(`seed-${name}`, ["dark"]);
    await send(failing);
    await panel.locator(".result-error", { hasText: failing.code ?? "error" }).waitFor();
    await result(failing.problem).waitFor();
    await session.photograph(`seed-${name}-error`, themes);
    await logged(tap, failing.method, "error");
  });
}

test("Voisietequi's server is called one way, and a computer that failed is an error in the log", async () => {
  await through("units", "Voisietequi");
  await send({ method: "save_results", args: ['"roma2016"'], kwargs: '{"code": "ff"}' });
  await result("Sent. This socket type gets no answer.").waitFor();
  const isSaved = (lines: readonly Readonly<Record<string, unknown>>[]): boolean =>
    lines.some(({ kwargs }) => JSON.stringify(kwargs) === '{"code":"ff"}');
  for (let count = 1; !isSaved(production.lines); count++) await production.saidLines("called", count);
  await session.photograph("seed-voisietequi", ["dark"]);
  await send({ method: "computer_configured", args: [], kwargs: '{"configured": false}' });
  await logged("units", "computer_configured", "error");
});

test("A backend behind CURVE acknowledges a call, and what came of it is in the log of the signals", async () => {
  await choose("#call-target", "backend (");
  await choose("#call-dialect", "Frontend/backend");
  await send({ method: "add", kwargs: '{"a": 2, "b": 40}' });
  await panel.locator(".result-answer", { hasText: "Acknowledged after" }).waitFor();
  await session.photograph("seed-frontend-backend", ["dark", "high contrast"]);
  await logged("frontend", "add_result", "");
  await send({ method: "eip_start", kwargs: "{}" });
  await panel.locator(".result-answer", { hasText: "Acknowledged after" }).waitFor();
  await logged("frontend", "backend_bad_call", "error");
  await through("backend", "Frontend/backend");
});

test("The log of all systems says methods and errors", async () => {
  await panel.locator("#tab-messages").click();
  await rows(panel, "no provider loaded").last().click();
  await panel.locator("#says .says-problem", { hasText: "no provider loaded" }).waitFor();
  await session.photograph("seeds-log", THEMES);
});

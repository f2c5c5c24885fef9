import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import { jupyter } from "../../src/proxy/dialects/jupyter.ts";
import {
  formatJupyterConnection,
  JUPYTER_CHANNELS,
  type JupyterChannel,
  type JupyterConnection,
  readJupyterConnection,
} from "../../src/shared/jupyterConnection.ts";
import type { PythonProgram } from "./peers/pythonProgram.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { runCli } from "./support/cliTap.ts";
import { type Executed, startKernel } from "./support/kernel.ts";
import { type DialectTap, type Heard, startDialectTaps } from "./support/dialectTap.ts";

const CLI = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

type TappedKernel = {
  readonly program: PythonProgram;
  readonly connection: JupyterConnection;
  readonly taps: DialectTap;
  readonly endpoints: Readonly<Record<JupyterChannel, string>>;
};

/** A real kernel whose real client has only seen the connection file of five taps. */
async function startTappedKernel(t: TestContext, transport?: "tcp" | "ipc"): Promise<TappedKernel> {
  const { folder, program, path } = await startKernel(t, transport);
  const connection = readJupyterConnection(readFileSync(path, "utf8"));
  assert.ok("endpoints" in connection, "problem" in connection ? connection.problem : "");
  const taps = startDialectTaps(t, "jupyter");
  const endpoints = {} as Record<JupyterChannel, string>;
  for (const channel of JUPYTER_CHANNELS) {
    const config = { name: channel, server: connection.endpoints[channel], listen: connection.listen[channel] };
    endpoints[channel] = await taps.attach(config, connection.key);
  }
  const file = join(folder, "kernel-tap.json");
  writeFileSync(file, formatJupyterConnection(connection, endpoints));
  await program.ask({ op: "connect", file });
  return { program, connection, taps, endpoints };
}

const toBuffers = (frames: readonly Uint8Array[]): Buffer[] => frames.map((frame) => Buffer.from(frame));

const signature = ({ said }: Heard): string | undefined => said.facts.find(({ label }) => label === "signature")?.value;

test("A real Jupyter client runs cells through five taps made from the kernel's connection file", async (t) => {
  const { program, taps } = await startTappedKernel(t);
  const executed = await program.ask<Executed>({ op: "execute", code: "print('hi')\n6 * 7" });
  assert.equal(executed.reply.status, "ok");
  const request = await taps.until(({ said }) => said.id === executed.msg_id && said.kind === "call");
  assert.deepEqual(
    [request.tap, request.said.method, request.said.kwargs?.["code"]],
    ["shell", "execute_request", "print('hi')\n6 * 7"],
  );
  const reply = await taps.until(({ said }) => said.id === executed.msg_id && said.kind === "reply");
  assert.deepEqual([reply.tap, reply.said.method], ["shell", "execute_reply"]);
  const published = taps.heard().filter(({ tap, said }) => tap === "iopub" && said.id === executed.msg_id);
  assert.deepEqual(
    published.map(({ said }) => [said.kind, said.method]),
    executed.published.map(([type]) => ["event", type]),
  );
  assert.deepEqual(
    published.map(({ said }) => said.method),
    ["status", "execute_input", "stream", "execute_result", "status"],
  );
  assert.deepEqual((published[3]?.said.value as { data: object }).data, { "text/plain": "42" });

  const failed = await program.ask<Executed>({ op: "execute", code: "1 / 0" });
  const error = await taps.until(({ said }) => said.id === failed.msg_id && said.kind === "error");
  assert.deepEqual(
    [error.tap, error.said.method, error.said.code, error.said.problem],
    ["shell", "execute_reply", "ZeroDivisionError", "ZeroDivisionError: division by zero"],
  );

  assert.equal(await program.ask<boolean>({ op: "beats" }), true);
  const beats = [
    await taps.until(({ tap, said, message }) => tap === "hb" && message.sender === "REQ" && said.value === "ping"),
    await taps.until(({ tap, said, message }) => tap === "hb" && message.sender !== "REQ" && said.value === "ping"),
  ];
  assert.deepEqual(
    beats.map(({ said }) => said.kind),
    ["heartbeat", "heartbeat"],
  );

  const messages = taps.heard().filter(({ tap }) => tap !== "hb");
  assert.ok(messages.length > 10);
  for (const heard of messages) assert.deepEqual([signature(heard), heard.detected], ["right", "jupyter"]);
});

test("A kernel on ipc is tapped beside its sockets", async (t) => {
  const { program, connection, taps, endpoints } = await startTappedKernel(t, "ipc");
  assert.match(connection.endpoints.shell, /^ipc:/);
  assert.match(endpoints.shell, /-tap-\d+$/);
  const executed = await program.ask<Executed>({ op: "execute", code: "6 * 7" });
  const reply = await taps.until(({ said }) => said.id === executed.msg_id && said.kind === "reply");
  assert.deepEqual([executed.reply.status, reply.tap, signature(reply)], ["ok", "shell", "right"]);
});

test("A recorded request gets a real reply again once it is renewed, and none as it was", async (t) => {
  const { program, connection, taps, endpoints } = await startTappedKernel(t);
  const key = new TextEncoder().encode(connection.key);
  const first = await program.ask<Executed>({
    op: "execute",
    code: "counter = globals().get('counter', 0) + 1; counter",
  });
  const recorded = await taps.until(({ said }) => said.id === first.msg_id && said.kind === "call");

  const peer = new ZeromqJsPeer();
  t.after(() => peer.stop());
  const client = await peer.open("DEALER");
  await client.connect(endpoints.shell);
  const renewed = jupyter.renew(recorded.message.frames, key, dialectTools);
  assert.ok("frames" in renewed);
  // The kernel drops the first, whose signature it has seen, so that the only answer is the second one's.
  await client.send(toBuffers(recorded.message.frames), toBuffers(renewed.frames));
  const [frames] = await client.receive();
  const reply = jupyter.decode({ frames: frames!, sender: "ROUTER", receiver: "DEALER" }, key, dialectTools);
  assert.ok("said" in reply);
  const sent = jupyter.decode({ frames: renewed.frames, sender: "DEALER", receiver: "ROUTER" }, key, dialectTools);
  assert.ok("said" in sent);
  assert.deepEqual([reply.said.kind, reply.said.method, reply.said.id], ["reply", "execute_reply", sent.said.id]);
  assert.notEqual(reply.said.id, first.msg_id);
  const result = await taps.until(({ said }) => said.method === "execute_result" && said.id === sent.said.id);
  assert.deepEqual((result.said.value as { data: object }).data, { "text/plain": "2" });

  const call = { method: "execute_request", args: [], kwargs: { code: "nonsense", silent: false }, fields: {} };
  const encoded = jupyter.encode(call, key, dialectTools);
  assert.ok("frames" in encoded);
  await client.send(toBuffers(encoded.frames));
  const [answer] = await client.receive();
  const error = jupyter.decode({ frames: answer!, sender: "ROUTER", receiver: "DEALER" }, key, dialectTools);
  assert.ok("said" in error);
  assert.deepEqual([error.said.kind, error.said.code], ["error", "NameError"]);
});

test("zmq-tap attach --jupyter taps a real kernel, and its clients open the file that it names", async (t) => {
  const { program, path } = await startKernel(t);
  const tap = spawn(process.execPath, [CLI, "attach", "--jupyter", path, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => tap.kill("SIGKILL"));
  const [told] = (await once(createInterface({ input: tap.stderr }), "line")) as [string];
  const file = path.replace(/\.json$/, "-tap.json");
  assert.ok(told.includes(file), told);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await program.ask({ op: "connect", file });
  const lines: string[] = [];
  const result = Buffer.from("a-result-to-find");
  const seen = new Promise<void>((resolve) => {
    createInterface({ input: tap.stdout }).on("line", (line) => {
      lines.push(line);
      const { frames = [] } = JSON.parse(line) as { frames?: string[] };
      // The result, which is published: the rest has come before.
      if (frames.some((frame) => Buffer.from(frame, "base64").includes(result))) resolve();
    });
  });
  const executed = await program.ask<Executed>({ op: "execute", code: "'-'.join(['a', 'result', 'to', 'find'])" });
  assert.equal(executed.reply.status, "ok");
  await seen;
  const name = path.replace(/^.*[/]|\.json$/g, "");
  const output = lines.join();
  assert.ok(output.includes(`"tap":"${name} shell"`));
  assert.ok(output.includes(`"tap":"${name} iopub"`));
  const { key } = JSON.parse(readFileSync(path, "utf8")) as { key: string };
  assert.ok(key.length > 10 && !output.includes(key) && !told.includes(key));
  tap.kill("SIGTERM");
  const [code] = (await once(tap, "close")) as [number];
  assert.equal(code, 0);
});

test("zmq-tap attach --jupyter says what is wrong with a connection file, and not what stands in it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-kernel-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "kernel-1.json");
  writeFileSync(file, JSON.stringify({ shell_port: 1, key: "a secret" }));
  const bad = await runCli(["attach", "--jupyter", file]);
  assert.deepEqual([bad.code, bad.stdout], [1, ""]);
  assert.match(bad.stderr, /kernel-1\.json is no connection file .*"iopub_port" is missing or no port/);
  assert.ok(!bad.stderr.includes("a secret"));
  const none = await runCli(["attach", "--jupyter", join(folder, "none.json")]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /cannot be read \(ENOENT\)/);
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import { jupyter } from "../../src/proxy/dialects/jupyter.ts";
import {
  formatJupyterConnection,
  JUPYTER_CHANNELS,
  type JupyterChannel,
  type JupyterConnection,
  readJupyterConnection,
} from "../../src/shared/jupyterConnection.ts";
import { PythonProgram } from "./peers/pythonProgram.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type DialectTap, type Heard, startDialectTaps } from "./support/dialectTap.ts";

type Executed = {
  readonly msg_id: string;
  readonly reply: { readonly status: string; readonly ename?: string };
  readonly published: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
};

type TappedKernel = {
  readonly program: PythonProgram;
  readonly connection: JupyterConnection;
  readonly taps: DialectTap;
  readonly endpoints: Readonly<Record<JupyterChannel, string>>;
};

/** A real kernel whose real client has only seen the connection file of five taps. */
async function startTappedKernel(t: TestContext): Promise<TappedKernel> {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-kernel-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = PythonProgram.start(
    t,
    "jupyterClient.py",
    ["ipykernel", "jupyter_client"],
    ["python3-ipykernel", "python3-jupyter-client"],
    { JUPYTER_RUNTIME_DIR: folder, IPYTHONDIR: folder, PYDEVD_DISABLE_FILE_VALIDATION: "1" },
  );
  const path = await program.ask<string>({ op: "kernel" });
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

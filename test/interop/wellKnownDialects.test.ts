import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import type { Answer } from "../../src/proxy/dialects/dialect.ts";
import { payloadStart } from "../../src/proxy/dialects/envelope.ts";
import { dialectNamed } from "../../src/proxy/dialects/registry.ts";
import type { DialectCall, DialectName, Said } from "../../src/shared/dialects.ts";
import { PythonProgram } from "./peers/pythonProgram.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type DialectTap, startDialectTaps } from "./support/dialectTap.ts";

type Outcome = { readonly value?: unknown; readonly failure?: string };

type Rig = {
  readonly program: PythonProgram;
  readonly taps: DialectTap;
  /** Where clients find the tapped server. */
  readonly endpoint: string;
  /** A call of the Python client, through the tap or elsewhere. */
  readonly call: (method: string, args: readonly unknown[], endpoint?: string) => Promise<Outcome>;
  /** A call that the dialect has written, through the tap: what the first answers say. */
  readonly send: (call: Partial<DialectCall>, answers?: number) => Promise<Said[]>;
  /** A server of another program that answers the next call as the dialect does; gives its endpoint. */
  readonly answerNext: (answer: Answer) => Promise<string>;
};

async function start(t: TestContext, name: DialectName): Promise<Rig> {
  const dialect = dialectNamed(name)!;
  const program = PythonProgram.start(t, "wellKnownPeers.py", ["zmq", "msgpack"], ["python3-zmq", "python3-msgpack"]);
  const server = await program.ask<string>({ op: "serve", what: name });
  const taps = startDialectTaps(t, name);
  const endpoint = await taps.attach({ name: "tap", server, listen: "tcp://127.0.0.1:*" });
  const peer = new ZeromqJsPeer();
  t.after(() => peer.stop());
  const isReq = dialect.socket === "REQ";
  return {
    program,
    taps,
    endpoint,
    call: (method, args, where = endpoint) => program.ask({ op: "call", what: name, endpoint: where, method, args }),
    send: async (call, answers = 1) => {
      const encoded = dialect.encode({ method: "", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
      assert.ok("frames" in encoded, "problem" in encoded ? encoded.problem : "");
      const socket = await peer.open(isReq ? "REQ" : "DEALER");
      await socket.connect(endpoint);
      await socket.send(encoded.frames.map((frame) => Buffer.from(frame)));
      const received = await socket.receive(answers);
      return received.map((frames) => {
        const message = { frames, sender: isReq ? "REP" : "ROUTER", receiver: isReq ? "REQ" : "DEALER" } as const;
        const decoded = dialect.decode(message, null, dialectTools);
        assert.ok("said" in decoded);
        return decoded.said;
      });
    },
    answerNext: async (answer) => {
      const socket = await peer.open("ROUTER");
      const bound = await socket.bind("tcp://127.0.0.1:*");
      const serve = async (): Promise<void> => {
        const [[identity, ...frames] = []] = await socket.receive();
        const message = { frames, sender: null, receiver: "ROUTER" } as const;
        const answered = dialect.answer(message, answer, null, dialectTools);
        assert.ok("frames" in answered, "problem" in answered ? answered.problem : "");
        const envelope = frames.slice(0, payloadStart(frames));
        await socket.send([identity!, ...envelope, ...answered.frames.map((frame) => Buffer.from(frame))]);
      };
      serve().catch((error: unknown) => t.diagnostic(String(error)));
      return bound;
    },
  };
}

test("zerorpc: a Python client's calls are read, and written calls get a Python server's answers", async (t) => {
  const { taps, call, send, answerNext } = await start(t, "zerorpc");
  assert.deepEqual(await call("add", [1, 2]), { value: 3 });
  assert.deepEqual(await call("fail", []), { failure: "ValueError: it was to fail" });
  assert.deepEqual(await call("count", [2]), { value: [0, 1] });
  const request = await taps.until(({ said }) => said.method === "add");
  assert.deepEqual([request.said.kind, request.said.args], ["call", [1, 2]]);
  const same = taps.heard().filter(({ said }) => said.id === request.said.id);
  assert.deepEqual(same.map(({ said }) => said.kind).sort(), ["call", "heartbeat", "heartbeat", "reply"]);
  const error = await taps.until(({ said }) => said.kind === "error");
  assert.deepEqual([error.said.code, error.said.problem], ["ValueError", "ValueError: it was to fail"]);
  const stream = taps.heard().filter(({ said }) => said.method.startsWith("STREAM"));
  assert.deepEqual(
    stream.map(({ said }) => [said.kind, said.value]),
    [
      ["event", 0],
      ["event", 1],
      ["reply", undefined],
    ],
  );
  assert.ok(taps.heard().every(({ detected }) => detected === "zerorpc"));

  const [heartbeat, sum] = await send({ method: "add", args: [20, 22] }, 2);
  assert.deepEqual([heartbeat?.kind, sum?.kind, sum?.value], ["heartbeat", "reply", 42]);
  const [, unknown] = await send({ method: "nothing" }, 2);
  assert.deepEqual([unknown?.kind, unknown?.code], ["error", "NameError"]);

  assert.deepEqual(await call("add", [1, 2], await answerNext({ kind: "value", value: "mocked" })), {
    value: "mocked",
  });
  assert.deepEqual(await call("add", [1, 2], await answerNext({ kind: "error", problem: "no" })), {
    failure: "RemoteError: no",
  });
});

test("json-rpc: a Python client's calls are read, and written calls get a Python server's answers", async (t) => {
  const { taps, call, send, answerNext } = await start(t, "json-rpc");
  assert.deepEqual(await call("add", [1, 2]), { value: 3 });
  assert.deepEqual(await call("none", []), { failure: "Method not found" });
  await taps.until(({ said }) => said.kind === "error");
  assert.deepEqual(
    taps.heard().map(({ said, detected }) => [detected, said.kind, said.method, said.id, said.code]),
    [
      ["json-rpc", "call", "add", "7", null],
      ["json-rpc", "reply", "", "7", null],
      ["json-rpc", "call", "none", "7", null],
      ["json-rpc", "error", "", "7", "-32601"],
    ],
  );
  const [sum] = await send({ method: "add", kwargs: { a: 20, b: 22 } });
  assert.deepEqual([sum?.kind, sum?.value], ["reply", 42]);
  const [failed] = await send({ method: "fail" });
  assert.deepEqual([failed?.kind, failed?.problem], ["error", "it was to fail"]);
  const [both] = await send({ method: "add", args: [1, 2], fields: { batch: [{ method: "none" }] } });
  assert.deepEqual([both?.kind, both?.problem], ["error", "1 of 2 failed: Method not found"]);
  const batch = await taps.until(({ said }) => said.kind === "call" && said.method === "add, none");
  assert.equal(batch.said.id, both?.id);

  assert.deepEqual(await call("add", [1, 2], await answerNext({ kind: "value", value: "mocked" })), {
    value: "mocked",
  });
  assert.deepEqual(await call("add", [1, 2], await answerNext({ kind: "error", problem: "no" })), { failure: "no" });
});

test("majordomo: clients and workers of both versions are read, and written requests get their answers", async (t) => {
  const { program, taps, endpoint, call, send, answerNext } = await start(t, "majordomo");
  await program.ask({ op: "work", endpoint, version: "0.1", service: "echo" });
  await program.ask({ op: "work", endpoint, version: "0.2", service: "mirror" });
  assert.deepEqual(await call("echo", ["a", "b"]), { value: ["a", "b"] });
  assert.deepEqual(await call("mirror", ["c"]), { value: ["c"] });
  assert.deepEqual(await call("mmi.service", ["nobody"]), { value: ["404"] });
  await taps.until(({ said }) => said.kind === "error");
  assert.deepEqual(
    taps.heard().map(({ said, detected }) => [detected, said.kind, said.method]),
    [
      ["signal", "echo"],
      ["heartbeat", "HEARTBEAT"],
      ["signal", "mirror"],
      ["heartbeat", "HEARTBEAT"],
      ["call", "echo"],
      ["call", "REQUEST"],
      ["reply", "REPLY"],
      ["reply", "echo"],
      ["call", "mirror"],
      ["call", "REQUEST"],
      ["reply", "FINAL"],
      ["reply", "mirror"],
      ["call", "mmi.service"],
      ["error", "mmi.service"],
    ].map(([kind, method]) => ["majordomo", kind, method]),
  );
  const worked = taps.heard().filter(({ said }) => ["REQUEST", "REPLY"].includes(said.method));
  assert.deepEqual(
    [worked[0]?.said.args, worked[1]?.said.value],
    [
      ["a", "b"],
      ["a", "b"],
    ],
  );
  assert.ok(worked[0]?.said.id !== null && worked[0]?.said.id === worked[1]?.said.id);

  for (const version of ["0.1", "0.2"]) {
    const [reply] = await send({ method: "mirror", args: ["x", "é"], fields: { version } });
    assert.deepEqual([reply?.kind, reply?.method, reply?.value], ["reply", "mirror", ["x", "é"]]);
    const [error] = await send({ method: "mmi.other", fields: { version } });
    assert.deepEqual([error?.kind, error?.code], ["error", "501"]);
  }
  assert.deepEqual(await call("echo", ["a"], await answerNext({ kind: "value", value: ["mocked"] })), {
    value: ["mocked"],
  });
});

test("locust: a Python worker and master are read, and a written client_ready is taken or refused", async (t) => {
  const { taps, call, send, answerNext } = await start(t, "locust");
  assert.deepEqual(await call("", ["2.15.1"]), { value: { index: 0 } });
  await taps.until(({ said, message }) => said.kind === "heartbeat" && message.sender === "DEALER");
  const heard = taps.heard().filter(({ message }) => message.sender === "DEALER");
  assert.deepEqual(
    heard.map(({ said, detected }) => [detected, said.kind, said.method]),
    [
      ["locust", "signal", "client_ready"],
      ["locust", "event", "stats"],
      ["locust", "error", "exception"],
      ["locust", "heartbeat", "heartbeat"],
    ],
  );
  assert.equal(heard[2]?.said.problem, "boom");
  const stats = heard[1]?.said.value as { stats: { response_times: unknown }[] };
  assert.deepEqual(stats.stats[0]?.response_times, { $map: [[12, 3]] });

  const [ack, spawn] = await send({ method: "client_ready", args: ["2.15.1"], fields: { node_id: "w2" } }, 2);
  assert.deepEqual([ack?.kind, ack?.value, ack?.facts[0]?.value], ["acknowledgement", { index: 0 }, "w2"]);
  assert.deepEqual([spawn?.kind, spawn?.method], ["signal", "spawn"]);
  const [quit] = await send({ method: "client_ready" });
  assert.deepEqual([quit?.kind, quit?.method], ["signal", "quit"]);

  assert.deepEqual(await call("", ["2"], await answerNext({ kind: "value", value: { index: 4 } })), {
    value: { index: 4 },
  });
});

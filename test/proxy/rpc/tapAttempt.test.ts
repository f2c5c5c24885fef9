import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import type { AttemptEvents } from "../../../src/proxy/rpc/attempt.ts";
import { tapAttempt, type TapLink } from "../../../src/proxy/rpc/tapAttempt.ts";
import { encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import { UserError } from "../../../src/shared/userError.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const asking = { socket: "REQ", frames: [bytes(""), bytes("q")], wantsReply: true } as const;

/** An attempt, the tap's end of its stream, and what it tells, in order. */
function begun(change: Partial<TapLink> = {}) {
  const [near, far] = duplexPair();
  const told: string[] = [];
  let wake = (): void => undefined;
  const tell = (text: string): void => {
    told.push(text);
    wake();
  };
  const events: AttemptEvents = {
    sent: () => tell("sent"),
    message: (frames) => tell(`message ${frames.map((frame) => Buffer.from(frame).toString()).join("|")}`),
    done: () => tell("done"),
    failed: (error, mayPass) => tell(`failed ${mayPass} ${error.message}`),
  };
  const link = { stream: far, link: Promise.resolve(1), rows: () => [7, 8] as const, ...change };
  const next = async (): Promise<string> => {
    while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return told.shift()!;
  };
  near.resume();
  return { attempt: tapAttempt(link, asking, events), server: near, next, told };
}

function greet(server: { write(bytes: Uint8Array): unknown }): void {
  server.write(encodeGreeting("NULL"));
  server.write(encodeReady("REP", new Uint8Array(0)));
}

test("tapAttempt tells of every message until it is closed, and knows its rows", async () => {
  const { attempt, server, next, told } = begun();
  assert.equal(attempt.progress(), "The connection was not ready, so nothing was sent.");
  greet(server);
  assert.equal(await next(), "sent");
  server.write(encodeMessage([bytes(""), bytes("one")]));
  server.write(encodeMessage([bytes(""), bytes("two")]));
  assert.deepEqual([await next(), await next()], ["message |one", "message |two"]);
  assert.deepEqual(attempt.rows(), [7, 8]);
  attempt.close();
  server.write(encodeMessage([bytes(""), bytes("three")]));
  server.end();
  await new Promise((resolve) => server.once("close", resolve));
  assert.deepEqual(told, []);
});

test("tapAttempt says that a server closed before it answered, which may pass", async () => {
  const { server, next } = begun();
  greet(server);
  await next();
  server.end();
  assert.match(await next(), /^failed true The server closed the connection before it answered/);
});

test("tapAttempt tells what the tap knows better, and that a link did not come to be", async () => {
  const explain = (error: UserError): Promise<UserError> =>
    Promise.resolve(new UserError(error.code, `${error.message} The tap knows why.`));
  const { next } = begun({ link: Promise.reject<number>(new Error("connection refused")), explain });
  assert.equal(await next(), "failed true Nothing was sent: connection refused. The tap knows why.");
});

test("tapAttempt fails for good with a socket that does not fit", async () => {
  const { server, next } = begun();
  server.write(encodeGreeting("NULL"));
  server.write(encodeReady("SUB", new Uint8Array(0)));
  assert.match(await next(), /^failed false A REQ cannot talk to the server's socket, which is SUB/);
});

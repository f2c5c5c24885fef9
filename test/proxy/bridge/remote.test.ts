import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as zmq from "zeromq";
import { Remote, type RemoteOptions } from "../../../src/proxy/bridge/remote.ts";
import { SocketLink } from "../../../src/proxy/socketLink.ts";
import { noCounts } from "../../../src/shared/bridges.ts";
import { LOOPBACK, peersOf, serve } from "../../support/bridges.ts";
import { until } from "../../support/until.ts";

/** A remote, and how its attempts ended, in order. */
async function remoteOf(t: TestContext, endpoint: string, options: Partial<RemoteOptions> = {}) {
  const counters = noCounts();
  const ends: string[] = [];
  let changed = (): void => undefined;
  const links: string[] = [];
  const refusals: string[] = [];
  const remote = new Remote(
    endpoint,
    {
      zmq,
      context: new zmq.Context(),
      attach: "connect",
      security: {},
      maxMessageBytes: 1_000_000,
      counters,
      openLink: (at) => {
        links.push(at);
        return new SocketLink(
          {
            tap: { id: "b", name: "b" },
            origin: "bridge",
            sockets: { client: "REQ", server: "REP" },
            addresses: { client: "", server: at },
          },
          () => ({ received: () => undefined, closed: () => void links.push("closed") }),
        );
      },
      onRefused: (why) => void refusals.push(why),
      ...options,
    },
    {
      replied: (_from, _asked, reply) => {
        ends.push(reply.map(String).join());
        changed();
      },
      failed: (_from, _asked, why) => {
        ends.push(why);
        changed();
      },
    },
  );
  t.after(() => remote.close());
  await remote.open();
  const ask = async (text: string, timeoutMs = 5_000): Promise<string> => {
    const ended = new Promise<void>((resolve) => (changed = resolve));
    remote.ask({ frames: [Buffer.from(text)] }, timeoutMs);
    await ended;
    return ends.at(-1)!;
  };
  return { remote, ask, counters, links, ends, refusals };
}

test("Remote asks and tells the reply, over one link as long as all is well", async (t) => {
  const server = await peersOf(t).reply();
  serve(server, ([frame]) => [`re: ${String(frame)}`, "more"]);
  const { ask, links, counters } = await remoteOf(t, server.lastEndpoint);
  assert.equal(await ask("a"), "re: a,more");
  assert.equal(await ask("b"), "re: b,more");
  assert.deepEqual([links, counters.recreated], [[server.lastEndpoint], 0]);
});

test("Remote tells a reply whose sender leaves at once: it is there, though the connection is not", async (t) => {
  for (let round = 0; round < 40; round++) {
    const server = new zmq.Reply({ linger: 1_000 });
    await server.bind(LOOPBACK);
    const { ask } = await remoteOf(t, server.lastEndpoint!);
    const replied = ask("a");
    await server.receive();
    await server.send("and away");
    server.close();
    assert.equal(await replied, "and away");
  }
});

test("Remote says how far it came in time, and opens no link for what has not left", async (t) => {
  const peers = peersOf(t);
  const nothing = await remoteOf(t, "tcp://127.0.0.1:1");
  assert.equal(
    await nothing.ask("a", 60),
    "tcp://127.0.0.1:1 did not take the message within 60 ms: nothing accepts a connection there.",
  );
  assert.deepEqual(nothing.links, []);
  const silent = await peers.reply();
  const { ask, links } = await remoteOf(t, silent.lastEndpoint);
  assert.match(await ask("a", 1_040), /got the message and did not reply within 1 s[.]$/);
  assert.deepEqual(links, [silent.lastEndpoint, "closed"]);
  // Accepts connections, and says nothing.
  const { createServer } = await import("node:net");
  const mute = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => mute.once("listening", resolve));
  t.after(() => mute.close());
  const { port } = mute.address() as { port: number };
  const unshaken = await remoteOf(t, `tcp://127.0.0.1:${port}`);
  assert.match(await unshaken.ask("a", 150), /did not take the message within 150 ms: the handshake is not done/);
  unshaken.remote.close();
});

test("Remote fails at once when it is refused, and tries with a fresh connection the next time", async (t) => {
  const [server, mine] = [zmq.curveKeyPair(), zmq.curveKeyPair()];
  const peers = peersOf(t);
  const rep = await peers.reply({ curveServer: true, curveSecretKey: server.secretKey });
  const security = { curveServerKey: mine.publicKey, curvePublicKey: mine.publicKey, curveSecretKey: mine.secretKey };
  const plain = await remoteOf(t, rep.lastEndpoint, { security: { plainUsername: "a", plainPassword: "b" } });
  // Known before anything is asked.
  await until(() => plain.refusals.length === 1);
  const message = await plain.ask("a", 20_000);
  assert.equal(plain.refusals[0], message);
  assert.match(message, /cannot be asked: it speaks another security mechanism, or the keys do not fit[.]$/);
  assert.equal(await plain.ask("b", 20_000), message);
  const wrong = await remoteOf(t, rep.lastEndpoint, { security });
  // What libzmq makes of a key that does not fit is its own affair: it fails, in time.
  assert.match(await wrong.ask("a", 500), /cannot be asked|did not take the message/);
});

test("Remote that closes tells nothing any more", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const { remote, ends } = await remoteOf(t, server.lastEndpoint);
  remote.ask({ frames: [Buffer.from("a")] }, 100);
  await server.receive();
  remote.close();
  await server.send("late");
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(ends, []);
});

test("Remote that binds waits for who connects, and keeps its endpoint", async (t) => {
  const { remote, ask } = await remoteOf(t, LOOPBACK, { attach: "bind" });
  const { endpoint } = remote;
  assert.match(endpoint, /^tcp:\/\/127[.]0[.]0[.]1:\d+$/);
  assert.match(await ask("a", 60), /did not take the message within 60 ms: nobody has connected[.]$/);
  assert.equal(remote.endpoint, endpoint);
  const server = new zmq.Reply({ linger: 0 });
  t.after(() => server.close());
  server.connect(endpoint);
  serve(server, ([frame]) => [`re: ${String(frame)}`]);
  assert.equal(await ask("b"), "re: b");
});

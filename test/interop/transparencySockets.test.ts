import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Client, Dish, Gather, Radio, Scatter, Server } from "zeromq/draft.js";
import type { FindingId } from "../../src/shared/findings.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { PythonProgram } from "./peers/pythonProgram.ts";
import { onlyExpected } from "./support/stage.ts";

// What pyzmq's documentation says of socket types and options, seen by a program with its connections direct and through taps.
// docs/transparency.md has a line for each.

type Behaviour = {
  readonly about: string;
  /** What may be found, since the programs do it on purpose. */
  readonly findings?: readonly FindingId[];
};

/** The functions of behaviours.py. */
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  poll: { about: "poll() says what can be done" },
  no_block: { about: "EAGAIN where a call would wait, EFSM where it is out of turn", findings: ["last-worker-left"] },
  back_pressure: { about: "a sender is held up by a receiver that does not read, and nothing is lost" },
  no_drop: { about: "an XPUB with NODROP says EAGAIN rather than to lose anything" },
  linger: {
    about: "LINGER decides over what a closed socket still has",
    findings: ["server-down", "handshake-failed"],
  },
  conflate: { about: "CONFLATE keeps the latest message" },
  xpub_changes: { about: "XPUB hears of subscribers, with VERBOSE and VERBOSER of all" },
  welcome: { about: "the welcome message comes first" },
  subscription_counts: {
    about: "a topic is subscribed until its last unsubscribe",
    findings: ["surprise-prefix"],
  },
  router_mandatory: { about: "ROUTER_MANDATORY says EHOSTUNREACH of who never came and who has left" },
  router_handover: { about: "ROUTER_HANDOVER gives an identity to its second owner", findings: ["duplicate-identity"] },
  req_relaxed: {
    about: "REQ_RELAXED and CORRELATE take the last answer only",
    findings: ["request-sent-twice", "reply-to-earlier-request"],
  },
  probe_router: { about: "PROBE_ROUTER announces a silent peer" },
  connect_routing_id: { about: "CONNECT_ROUTING_ID names a peer" },
  pair_is_for_two: { about: "a PAIR takes one peer", findings: ["pair-taken"] },
  metadata: { about: "messages say their sender's type, identity and address" },
  immediate: { about: "IMMEDIATE queues nothing for a server that is not there", findings: ["server-down"] },
  without_immediate: { about: "without IMMEDIATE, messages wait for their server", findings: ["server-down"] },
  server_restarts: { about: "clients of a server that goes connect again", findings: ["server-down"] },
  no_reconnect: { about: "RECONNECT_IVL -1 stays away" },
  disconnect: { about: "disconnect() is heard of, and connect() comes back" },
  message_too_long: { about: "MAXMSGSIZE ends a connection that is made anew" },
  handshake_time: { about: "HANDSHAKE_IVL gives up on a silent server", findings: ["handshake-failed"] },
  plain_refused: { about: "PLAIN is refused with its status, or let in", findings: ["handshake-failed"] },
  many_frames: { about: "2,000 frames are one message" },
  large_messages: { about: "messages of 64 MiB are what they were" },
  proxy: { about: "a proxy is steered and counts" },
  stream: { about: "STREAM sockets exchange octets that are no ZMTP", findings: ["handshake-failed"] },
};

/** What a tap may hold in each direction beyond what the system does; docs/transparency.md says why. */
const MORE_UNDER_WAY_BYTES = 12e6;
const UNDER_WAY_SIZE = 100_000;

const ends: (() => Promise<void>)[] = [];
const program = PythonProgram.start(
  { after: (end) => void ends.push(end) },
  "guide/behaviours.py",
  ["zmq"],
  ["python3-zmq"],
);
after(() => Promise.all(ends.map((end) => end())));

type Told = Readonly<Record<string, unknown>> & { readonly differs?: { readonly "under way": number } };

/** Plays a case; `link` says where its sockets connect. */
async function play(name: string, link: (endpoint: string) => Promise<string>): Promise<Told> {
  let answer = await program.ask<{ link: string } | { result: Told }>({ case: name });
  while ("link" in answer) answer = await program.ask({ endpoint: await link(answer.link) });
  return answer.result;
}

test("Every behaviour is tested, and Debian's pyzmq has no draft sockets to be tested", async () => {
  const { cases, draft } = await program.ask<{ cases: string[]; draft: boolean }>({});
  assert.deepEqual(cases, Object.keys(BEHAVIOURS));
  assert.equal(draft, false);
});

for (const [name, { about, findings = [] }] of Object.entries(BEHAVIOURS)) {
  test(`The same with a tap as without: ${about}`, async (t) => {
    const direct = await play(name, (endpoint) => Promise.resolve(endpoint));
    const tapped = tappedEngine(t, 512 * 1024 * 1024);
    const taps = new Map<string, Promise<string>>();
    const through = await play(name, (endpoint) => {
      const tap = taps.get(endpoint) ?? tapped.attach(endpoint, `tap ${taps.size + 1}`);
      taps.set(endpoint, tap);
      return tap;
    });
    const [more, less] = [through.differs?.["under way"] ?? 0, direct.differs?.["under way"] ?? 0];
    if (more > 0) t.diagnostic(`under way: ${less} direct, ${more} through a tap, of ${UNDER_WAY_SIZE} octets each`);
    assert.ok((more - less) * UNDER_WAY_SIZE <= MORE_UNDER_WAY_BYTES, `${more} under way, and ${less} direct`);
    assert.deepEqual(same(name, through), same(name, direct));
    await tapped.engine.stop();
    await onlyExpected(tapped, findings);
  });
}

/** Without what a tap changes unavoidably; what that is, is asserted here. */
function same(name: string, told: Told): unknown {
  if (Array.isArray(told)) return told;
  const rest = Object.fromEntries(Object.entries(told).filter(([what]) => what !== "differs"));
  return name === "server_restarts" ? { ...rest, client: withoutLetIn(told["client"] as readonly string[]) } : rest;
}

/** A tap does not know that its server has gone before it has tried for a client: that one is let in and sent away, once. */
function withoutLetIn(story: readonly string[]): readonly string[] {
  const at = story.findIndex(
    (name, index) =>
      name === "CONNECTED" && !story.slice(index, story.indexOf("tries", index)).includes("HANDSHAKE_SUCCEEDED"),
  );
  const to = story.indexOf("tries", at);
  return at < 0 || to < 0 ? story : story.toSpliced(at, to - at + 1);
}

/** Pairs of draft sockets of zeromq.js, and a talk between them: what both ends heard. */
const DRAFTS: Readonly<Record<string, (link: (endpoint: string) => Promise<string>) => Promise<unknown>>> = {
  "CLIENT and SERVER": async (link) => {
    const [server, client] = [new Server({ linger: 0 }), new Client({ linger: 0 })];
    try {
      await server.bind("tcp://127.0.0.1:*");
      client.connect(await link(server.lastEndpoint!));
      const heard: string[] = [];
      for (const question of ["one", "", "three"]) {
        await client.send(question);
        const [asked, { routingId }] = await server.receive();
        await server.send(`answer ${String(asked)}`, { routingId });
        const [answer] = await client.receive();
        heard.push(String(answer));
      }
      return heard;
    } finally {
      client.close();
      server.close();
    }
  },
  "SCATTER and GATHER": async (link) => {
    const [gather, scatter] = [new Gather({ linger: 0 }), new Scatter({ linger: 0 })];
    try {
      await gather.bind("tcp://127.0.0.1:*");
      scatter.connect(await link(gather.lastEndpoint!));
      const heard: string[] = [];
      for (let job = 0; job < 50; job++) await scatter.send(`job ${job}`);
      while (heard.length < 50) heard.push(String((await gather.receive())[0]));
      return heard;
    } finally {
      scatter.close();
      gather.close();
    }
  },
  "RADIO and DISH": async (link) => {
    const [radio, dish] = [new Radio({ linger: 0 }), new Dish({ linger: 0 })];
    try {
      await radio.bind("tcp://127.0.0.1:*");
      dish.connect(await link(radio.lastEndpoint!));
      dish.join("sync", "news");
      const state = { hasHeard: false };
      const first = dish.receive().then(() => (state.hasHeard = true));
      // A RADIO is not told who has joined.
      while (!state.hasHeard) {
        await radio.send("is anybody there?", { group: "sync" });
        await new Promise(setImmediate);
      }
      await first;
      for (const group of ["weather", "news", "sport", "news"]) await radio.send(`about ${group}`, { group });
      const heard: string[] = [];
      while (heard.length < 2) {
        const [message, { group }] = await dish.receive();
        if (String(group) !== "sync") heard.push(`${String(group)}: ${String(message)}`);
      }
      return heard;
    } finally {
      dish.close();
      radio.close();
    }
  },
};

for (const [name, talk] of Object.entries(DRAFTS)) {
  test(`The same with a tap as without: the draft sockets ${name} of zeromq.js`, async (t) => {
    const direct = await talk((endpoint) => Promise.resolve(endpoint));
    const tapped = tappedEngine(t);
    assert.deepEqual(await talk((endpoint) => tapped.attach(endpoint)), direct);
    await tapped.engine.stop();
    await onlyExpected(tapped, []);
  });
}

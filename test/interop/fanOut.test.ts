import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import type { Row } from "../../src/shared/model.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { type Peer, type PeerOptions, type PeerSocket, type SocketKind, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

type Published = TappedEngine & { readonly server: PeerSocket; readonly endpoint: string };

/** A tap in front of a socket that listens. */
async function setUp(t: TestContext, peer: Peer, kind: SocketKind): Promise<Published> {
  const tapped = tappedEngine(t, 64 * 1024 * 1024);
  const server = await peer.open(kind);
  t.after(() => server.close());
  return { ...tapped, server, endpoint: await tapped.attach(await server.bind("tcp://127.0.0.1:*")) };
}

/** A subscriber of an XPUB behind the tap, which has its subscriptions when this resolves. */
async function subscribe(
  { server, endpoint }: Published,
  peer: Peer,
  topics: readonly string[],
  options?: PeerOptions,
): Promise<PeerSocket> {
  const sub = await peer.open("SUB", options);
  for (const topic of topics) await sub.subscribe(topic);
  await sub.connect(endpoint);
  // An XPUB tells of a topic only once, so that each subscriber also has one of its own.
  const own = `own ${++owners}`;
  await sub.subscribe(own);
  for (let told = ""; told !== `\x01${own}`;) told = String((await server.receive())[0]![0]);
  return sub;
}

let owners = 0;

const publications = ({ rows }: TappedEngine): Row[] => rows().filter(({ kind }) => kind === "message");

const untilPublications = (tapped: TappedEngine, count: number): Promise<Row[]> =>
  tapped.until(() => {
    const found = publications(tapped);
    return found.length >= count && found;
  });

/**
 * Rows of one publication: same content, and the same turn among what their link got of that content, from `firstTurn` of
 * that link on.
 */
function byPublication(rows: readonly Row[], firstTurn: (link: number) => number = () => 0): Row[][] {
  const turns = new Map<string, number>();
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const onLink = `${row.link} ${row.preview}`;
    const turn = turns.get(onLink) ?? firstTurn(row.link);
    turns.set(onLink, turn + 1);
    const key = `${turn} ${row.preview}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

/** Each publication has one first row, which says how many got it, and the others point at that one. */
function assertMarked(groups: readonly (readonly Row[])[], subscribers: number): void {
  for (const [first, ...others] of groups) {
    const size = others.length + 1;
    const told = [first!, ...others].map(({ copies, subscribers: of, copyOf }) => ({ copies, of, copyOf }));
    assert.deepEqual(
      told,
      [
        size === 1 ? { copies: 0, of: 0, copyOf: null } : { copies: size, of: subscribers, copyOf: null },
        ...others.map(() => ({ copies: 0, of: 0, copyOf: first!.n })),
      ],
      `${size} of ${subscribers} subscribers got ${first!.preview}`,
    );
  }
}

const markedRows = (rows: readonly Row[]): number[] =>
  rows.filter(({ copies, copyOf }) => copies > 0 || copyOf !== null).map(({ n }) => n);

const TOPICS = [[""], ["a", "b"], ["b"], ["a"], ["c", "none"]] as const;

for (const publisher of [python, javascript]) {
  for (const count of [1, 2, 5]) {
    test(`Copies of what ${publisher.library} publishes to ${count} subscribers are marked`, async (t) => {
      const setup = await setUp(t, publisher, "XPUB");
      const topics = TOPICS.slice(0, count);
      for (const [index, each] of topics.entries()) {
        await subscribe(setup, index % 2 === 0 ? python : javascript, each);
      }
      const sent = Array.from({ length: 60 }, (_, number) => text("abcd"[number % 4]!, `number ${number}`));
      await setup.server.send(...sent);
      const expected = sent.map(([topic]) =>
        topics.filter((each) => each.some((one) => String(topic).startsWith(one))),
      );
      const rows = await untilPublications(
        setup,
        expected.reduce((sum, { length }) => sum + length, 0),
      );
      const groups = byPublication(rows);
      assert.deepEqual(
        groups.map(({ length }) => length).sort(),
        expected
          .map(({ length }) => length)
          .filter((length) => length > 0)
          .sort(),
      );
      assertMarked(groups, count);
      const further = rows.filter(({ copyOf }) => copyOf !== null);
      const stats = setup.engine.stats();
      assert.deepEqual(
        [stats.copies, stats.copyBytes],
        [further.length, further.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)],
      );
    });
  }
}

test("Publications of the same content, one right after the other, are told apart", async (t) => {
  const setup = await setUp(t, python, "XPUB");
  for (let index = 0; index < 5; index++) await subscribe(setup, index < 3 ? python : javascript, ["tick"]);
  await setup.server.send(...Array.from({ length: 300 }, () => text("tick", "the same")));
  const groups = byPublication(await untilPublications(setup, 1500));
  assert.equal(groups.length, 300);
  assertMarked(groups, 5);
});

test("What a subscriber gets that has just joined is no copy of what was published before", async (t) => {
  const setup = await setUp(t, python, "XPUB");
  for (let index = 0; index < 2; index++) await subscribe(setup, python, ["tick"]);
  const ticks = (count: number): Promise<void> =>
    setup.server.send(...Array.from({ length: count }, () => text("tick", "the same")));
  await ticks(10);
  await untilPublications(setup, 20);
  await subscribe(setup, javascript, ["tick"]);
  await ticks(5);
  const rows = await untilPublications(setup, 35);
  const late = Math.max(...rows.map(({ link }) => link));
  const groups = byPublication(rows, (link) => (link === late ? 10 : 0));
  assertMarked(groups.slice(0, 10), 2);
  assertMarked(groups.slice(10), 3);
});

test("A subscriber that leaves counts no more", async (t) => {
  const setup = await setUp(t, javascript, "XPUB");
  await subscribe(setup, python, ["a"]);
  await subscribe(setup, python, ["a"]);
  const leaving = await subscribe(setup, python, ["a"]);
  await setup.server.send(text("a", "to three"));
  await untilPublications(setup, 3);
  await leaving.close();
  await setup.until(() => setup.rows().some(({ event }) => event === "link-closed"));
  await setup.server.send(text("a", "to two"));
  const groups = byPublication(await untilPublications(setup, 5));
  assertMarked([groups[0]!], 3);
  assertMarked([groups[1]!], 2);
});

test("A subscriber that reads slowly gets copies of their own publications, or none that are marked", async (t) => {
  const setup = await setUp(t, python, "XPUB");
  await subscribe(setup, javascript, ["a"]);
  await subscribe(setup, javascript, ["a"]);
  const slow = await subscribe(setup, python, ["a"], { receiveHwm: 1 });
  const count = 60;
  const body = "x".repeat(150_000);
  for (let number = 0; number < count; number++) await setup.server.send(text("a", `number ${number}`, body));
  await untilPublications(setup, 2 * count);
  await slow.receive(count);
  const rows = await untilPublications(setup, 3 * count);
  const byNumber = byPublication(rows);
  assert.equal(byNumber.length, count);
  for (const group of byNumber) {
    const [first] = group;
    const marked = group.filter(({ copyOf }) => copyOf !== null);
    for (const { copyOf } of marked) assert.equal(copyOf, first!.n);
    assert.equal(marked.length >= 1, true, "the two that read at once got it at once");
    assert.deepEqual([first!.copies, first!.subscribers], [marked.length + 1, 3]);
  }
});

for (const library of [python, javascript]) {
  test(`What a PUB of ${library.library} sends to SUBs and XSUBs of both libraries is marked`, async (t) => {
    const setup = await setUp(t, library, "PUB");
    const heard: Promise<unknown>[] = [];
    const clients: PeerSocket[] = [];
    for (const [peer, kind] of [
      [python, "SUB"],
      [javascript, "SUB"],
      [python, "XSUB"],
      [javascript, "XSUB"],
    ] as const) {
      const client = await peer.open(kind);
      t.after(() => client.close());
      await client.connect(setup.endpoint);
      if (kind === "SUB") await client.subscribe("");
      else await client.send(text("\x01"));
      clients.push(client);
      heard.push(client.receive());
    }
    // A PUB is not told of subscriptions.
    const state = { haveAllHeard: false };
    void Promise.all(heard).then(() => (state.haveAllHeard = true));
    let calls = 0;
    while (!state.haveAllHeard) {
      await setup.server.send(text("call", String(calls++)));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await setup.server.send(...Array.from({ length: 50 }, (_, number) => text("news", `number ${number}`)));
    const news = await setup.until(() => {
      const found = publications(setup).filter(({ topic }) => topic === "news");
      return found.length === 200 && found;
    });
    assertMarked(byPublication(news), 4);
  });
}

test("Publishers that connect publish for themselves, whatever they have in common", async (t) => {
  for (const kind of ["SUB", "XSUB"] as const) {
    const setup = await setUp(t, javascript, kind);
    if (kind === "SUB") await setup.server.subscribe("");
    const heard = setup.server.receive(40);
    if (kind === "XSUB") await setup.server.send(text("\x01"));
    const pubs: PeerSocket[] = [];
    for (const peer of [python, python, javascript]) {
      const pub = await peer.open("XPUB");
      t.after(() => pub.close());
      await pub.connect(setup.endpoint);
      pubs.push(pub);
    }
    if (kind === "XSUB")
      await setup.until(() => setup.rows().filter(({ event }) => event === "handshake").length === 3);
    if (kind === "XSUB") await setup.server.send(text("\x00"), text("\x01"));
    for (const pub of pubs) await pub.receive();
    for (let round = 0; round < 20; round++) {
      for (const pub of pubs) await pub.send(text("alive", "I am here"));
    }
    await heard;
    const rows = (await untilPublications(setup, 60)).filter(({ topic }) => topic === "alive");
    assert.equal(rows.length, 60);
    assert.deepEqual(markedRows(rows), []);
  }
});

test("The same content is no copy on links of other patterns", async (t) => {
  const push = await setUp(t, python, "PUSH");
  const rep = await setUp(t, python, "REP");
  const router = await setUp(t, javascript, "ROUTER");
  const open = async (kind: SocketKind, endpoint: string, options?: PeerOptions): Promise<PeerSocket> => {
    const socket = await python.open(kind, options);
    t.after(() => socket.close());
    await socket.connect(endpoint);
    return socket;
  };
  const pulls = [await open("PULL", push.endpoint), await open("PULL", push.endpoint)];
  for (const pull of pulls) await pull.events.until("handshake");
  const reqs = [await open("REQ", rep.endpoint), await open("REQ", rep.endpoint)];
  const dealers = [
    await open("DEALER", router.endpoint, { identity: "one" }),
    await open("DEALER", router.endpoint, { identity: "two" }),
  ];
  for (const dealer of dealers) await dealer.send(text("ready"));
  await router.server.receive(2);
  for (let round = 0; round < 20; round++) {
    await push.server.send(text("job"));
    for (const req of reqs) {
      await req.send(text("time"));
      await rep.server.receive();
      await rep.server.send(text("now"));
      await req.receive();
    }
    await router.server.send(text("one", "all"), text("two", "all"));
  }
  for (const [tapped, count] of [
    [push, 20],
    [rep, 80],
    [router, 42],
  ] as const) {
    const rows = await untilPublications(tapped, count);
    assert.equal(rows.length, count);
    assert.deepEqual(markedRows(rows), []);
    assert.equal(tapped.engine.stats().copies, 0);
  }
});

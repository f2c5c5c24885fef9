import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { FindingId } from "../../../src/shared/findings.ts";
import { type Message, type Peer, type PeerOptions, type PeerSocket, type SocketKind, text } from "../peers/peer.ts";
import { type Rig, startRig, type startSocksRig } from "./rig.ts";
import type { Wires } from "./wires.ts";

/** What the applications at both ends received. */
type Heard = { readonly byFirst: readonly Message[]; readonly bySecond: readonly Message[] };

/** Two sockets that may talk with each other, and a talk between them. */
export type Pattern = {
  readonly first: SocketKind;
  readonly second: SocketKind;
  readonly firstOptions?: PeerOptions;
  readonly secondOptions?: PeerOptions;
  talk(first: PeerSocket, second: PeerSocket): Promise<Heard>;
  /** What may be found, since they do it on purpose. */
  readonly findings?: readonly FindingId[];
  /** What the applications said, out of a message as it stands on the wire; `null` for one that does not count. */
  readonly payload?: (frames: Message) => Message | null;
};

/** Who takes which socket of a pattern, and which of the two listens. */
type PatternSides = { readonly first: Peer; readonly second: Peer; readonly listens: "first" | "second" };

type PatternRun = {
  readonly name: string;
  readonly pattern: Pattern;
  readonly between: PatternSides;
  /** The socket that listens and its library, for the test's name. */
  readonly listening: string;
};

const SYNC = "sync";
const isSync = (frames: Message): boolean => String(frames[0]) === SYNC;

async function askThrice(req: PeerSocket, rep: PeerSocket): Promise<Heard> {
  const byFirst: Message[] = [];
  const bySecond: Message[] = [];
  for (const word of ["one", "", "three"]) {
    await req.send(text("question", word));
    bySecond.push(...(await rep.receive()));
    await rep.send(text("answer", word, ""));
    byFirst.push(...(await req.receive()));
  }
  return { byFirst, bySecond };
}

async function askAgainWithoutAnswer(req: PeerSocket, rep: PeerSocket): Promise<Heard> {
  await req.send(text("q1"));
  const [first] = await rep.receive();
  await req.send(text("q2"));
  await rep.send(text("a1"));
  const [second] = await rep.receive();
  await rep.send(text("a2"));
  return { byFirst: await req.receive(), bySecond: [first!, second!] };
}

/** Publishes until the subscriber hears it, since a PUB is not told of subscriptions. */
async function publish(pub: PeerSocket, sub: PeerSocket): Promise<Heard> {
  await sub.subscribe(SYNC);
  await sub.subscribe("10001");
  await sub.subscribe("news.");
  const state = { hasHeard: false };
  const heard = sub.receive().then(() => (state.hasHeard = true));
  while (!state.hasHeard) {
    await pub.send(text(SYNC));
    await new Promise(setImmediate);
  }
  await heard;
  await pub.send(text("10001 -12"), text("20742 8"), text("news.sport", "1:0"), text("10001 -11"));
  const bySecond: Message[] = [];
  while (bySecond.length < 3) bySecond.push(...(await sub.receive()).filter((message) => !isSync(message)));
  return { byFirst: [], bySecond };
}

async function push(sender: PeerSocket, receiver: PeerSocket): Promise<Heard> {
  const jobs = Array.from({ length: 20 }, (_, job) => text(`{"job":${job}}`, "x".repeat(job * 40)));
  await sender.send(...jobs);
  return { byFirst: [], bySecond: await receiver.receive(jobs.length) };
}

async function route(dealer: PeerSocket, router: PeerSocket): Promise<Heard> {
  await dealer.send(text("hello"), text("", "enveloped"));
  const bySecond = await router.receive(2);
  const identity = bySecond[0]![0]!;
  await router.send([identity, ...text("work", "1")], [identity, ...text("", "answer")]);
  return { byFirst: await dealer.receive(2), bySecond: bySecond.map(([, ...frames]) => frames) };
}

async function talkBoth(first: PeerSocket, second: PeerSocket): Promise<Heard> {
  await first.send(text("a", "b"));
  const bySecond = await second.receive();
  await second.send(text("c"), text("d"));
  return { byFirst: await first.receive(2), bySecond };
}

async function subscribeByMessage(xpub: PeerSocket, xsub: PeerSocket): Promise<Heard> {
  await xsub.events.until("handshake");
  await xsub.send(text("\x01news."));
  const byFirst = await xpub.receive();
  await xpub.send(text("news.sport", "1:0"), text("weather", "8"), text("news.late"));
  const bySecond = await xsub.receive(2);
  await xsub.send(text("\x02a word to the publisher"));
  byFirst.push(...(await xpub.receive()));
  await xsub.send(text("\x00news."));
  byFirst.push(...(await xpub.receive()));
  return { byFirst, bySecond };
}

const afterDelimiter = (frames: Message): Message => frames.slice(frames.findIndex(({ length }) => length === 0) + 1);
const isSubscription = (frames: Message): boolean => frames.length === 1 && (frames[0]?.[0] ?? 9) < 2;

/** Every pair of socket types, by name. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  "REQ and REP": { first: "REQ", second: "REP", talk: askThrice, payload: afterDelimiter },
  "correlated REQ and REP": {
    first: "REQ",
    firstOptions: { correlate: true },
    second: "REP",
    talk: askThrice,
    payload: afterDelimiter,
  },
  "relaxed REQ and REP": {
    first: "REQ",
    firstOptions: { correlate: true, relaxed: true },
    second: "REP",
    talk: askAgainWithoutAnswer,
    findings: ["request-sent-twice", "reply-to-earlier-request"],
    payload: (frames) => {
      const payload = afterDelimiter(frames);
      return String(payload[0]) === "a1" ? null : payload;
    },
  },
  "PUB and SUB": {
    first: "PUB",
    second: "SUB",
    talk: publish,
    payload: (frames) => (isSync(frames) ? null : frames),
  },
  "PUSH and PULL": { first: "PUSH", second: "PULL", talk: push },
  "DEALER and ROUTER": { first: "DEALER", firstOptions: { identity: "worker-7" }, second: "ROUTER", talk: route },
  "DEALER and DEALER": { first: "DEALER", second: "DEALER", talk: talkBoth },
  "PAIR and PAIR": { first: "PAIR", second: "PAIR", talk: talkBoth },
  "XPUB and XSUB": {
    first: "XPUB",
    second: "XSUB",
    talk: subscribeByMessage,
    payload: (frames) => (isSubscription(frames) ? null : frames),
  },
};

/**
 * Lets both talk directly and through a tap, and holds what they heard, and what the tap printed of it, against each
 * other. The tap has ended when this resolves.
 */
export async function comparePattern(
  t: TestContext,
  pattern: Pattern,
  { first, second, listens }: PatternSides,
  wires: Wires,
  start: typeof startSocksRig = startRig,
): Promise<void> {
  const run = async (
    { listener: ofListener, connector: ofConnector }: Pick<Wires, "listener" | "connector">,
    between: (endpoint: string) => Promise<Pick<Rig, "endpoint" | "proxy">>,
  ): Promise<Run> => {
    const [ofFirst, ofSecond] = listens === "first" ? [ofListener, ofConnector] : [ofConnector, ofListener];
    const firstSocket = await first.open(pattern.first, { ...pattern.firstOptions, ...ofFirst });
    const secondSocket = await second.open(pattern.second, { ...pattern.secondOptions, ...ofSecond });
    const [listener, connector] = listens === "first" ? [firstSocket, secondSocket] : [secondSocket, firstSocket];
    const { endpoint, proxy } = await between(await listener.bind("tcp://127.0.0.1:*"));
    await connector.connect(endpoint, proxy);
    const heard = await pattern.talk(firstSocket, secondSocket);
    const close = async (): Promise<void> => {
      await connector.close();
      await listener.close();
    };
    return { heard, close };
  };
  const direct = await run(wires.direct ?? wires, (endpoint) => Promise.resolve({ endpoint }));
  let rig: Rig | undefined;
  const tapped = await run(wires, async (endpoint) => {
    rig = await start(t, endpoint, wires.keys);
    for (const id of pattern.findings ?? []) rig.expected.add(id);
    return rig;
  });
  assert.deepEqual(tapped.heard, direct.heard);
  await wires.assertWire(rig!);
  await tapped.close();
  await direct.close();

  const { tap } = rig!;
  await tap.untilEvents("link-closed");
  const payloads = (side: string): Message[] =>
    tap.messages
      .filter(({ from }) => from === side)
      .map(({ frames }) => (pattern.payload ?? ((all: Message) => all))(frames))
      .filter((frames) => frames !== null);
  const [firstSide, secondSide] = listens === "first" ? ["server", "client"] : ["client", "server"];
  const isNoSubscription = (frames: Message): boolean => pattern.first !== "XPUB" || !isSubscription(frames);
  assert.deepEqual(payloads(firstSide), tapped.heard.bySecond);
  assert.deepEqual(payloads(secondSide), tapped.heard.byFirst.filter(isNoSubscription));
  const [handshake] = tap.events("handshake");
  assert.deepEqual(handshake?.detail?.["sockets"], { [firstSide]: pattern.first, [secondSide]: pattern.second });
  const ended = await tap.stop();
  assert.equal(ended.code, 0, ended.stderr);
}

type Run = { readonly heard: Heard; close(): Promise<void> };

/** All patterns with each of two peers as the first, and with each socket as the one that listens. */
export function* patternRuns(one: Peer, other: Peer): Generator<PatternRun> {
  for (const [name, pattern] of Object.entries(PATTERNS)) {
    for (const listens of ["first", "second"] as const) {
      for (const [first, second] of [
        [one, other],
        [other, one],
      ] as const) {
        const [kind, { library }] = listens === "first" ? [pattern.first, first] : [pattern.second, second];
        yield { name, pattern, between: { first, second, listens }, listening: `${kind} of ${library}` };
      }
    }
  }
}

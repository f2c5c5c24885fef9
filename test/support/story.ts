import type { TestContext } from "node:test";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import { CaptureWatch } from "../../src/proxy/captureWatch.ts";
import { Dialogue } from "../../src/proxy/dialogue.ts";
import { PacketClock } from "../../src/proxy/files/packetClock.ts";
import type { MakeRule } from "../../src/proxy/findings/rule.ts";
import { Exchanges } from "../../src/proxy/wire/exchanges.ts";
import type { Finding, FindingId, FindingsState } from "../../src/shared/findings.ts";
import type { Direction, EventName, SocketPair } from "../../src/shared/model.ts";
import { MIB, openLink, say } from "./captures.ts";

type Frames = readonly (Uint8Array | string)[];

/** A link of a story, whose requests and replies are paired as those of a real one. */
type StoryLink = {
  readonly number: number;
  /** A message from the client to the server, or back; gives its row. */
  readonly send: (frames: Frames) => number;
  readonly reply: (frames: Frames) => number;
  readonly event: (name: EventName, detail: object) => number;
  /** Gives the row that tells it. */
  readonly close: (by: "client" | "server" | "tap", isReset?: boolean) => number;
};

/** A capture that a test fills row by row, at times of its own, and what rules find in it as in a file. */
export type Story = {
  readonly capture: Capture;
  /** The time of what comes next, since the capture began. */
  readonly at: (seconds: number) => void;
  readonly link: (options: {
    sockets: SocketPair;
    client?: string;
    server?: string;
    tap?: string;
    identity?: string;
    mechanism?: string;
  }) => StoryLink;
  /** What is found in all of it, up to now. */
  readonly state: () => Promise<FindingsState>;
  readonly findings: () => Promise<readonly Finding[]>;
  /** Ids of what is found, with their rows. */
  readonly told: () => Promise<readonly (readonly [FindingId, readonly number[]])[]>;
};

/** `rules` look at the story; all there are by default. */
export function story(t: TestContext, rules?: readonly MakeRule[]): Story {
  const clock = new PacketClock(1_700_000_000_000_000_000n);
  const capture = new Capture({ maxBytes: 16 * MIB, clock });
  const dialogue = new Dialogue(capture, { isFile: true });
  const watch = new CaptureWatch(capture, {
    isFile: true,
    isEnded: () => false,
    onBug: (error) => {
      throw error;
    },
    ...(rules === undefined ? {} : { rules }),
  });
  t.after(() => {
    watch.dispose();
    dialogue.dispose();
  });
  const state = async (): Promise<FindingsState> => {
    await watch.settled();
    return watch.state();
  };
  const findings = async (): Promise<readonly Finding[]> => (await state()).findings;
  return {
    capture,
    at: (seconds) => clock.set(seconds * 1e9),
    link: (options) => storyLink(capture, options),
    state,
    findings,
    told: async () => (await findings()).map(({ id, evidence }) => [id, evidence] as const),
  };
}

function storyLink(
  capture: Capture,
  { identity = "", mechanism = "NULL", ...options }: Parameters<Story["link"]>[0],
): StoryLink {
  const link = openLink(capture, options);
  link.mechanism = mechanism;
  link.identity = { client: identity, server: "" };
  const { tap, tapName, client, server } = link.info;
  const exchanges = new Exchanges({
    paired: (request, reply, guessed, isLate) => capture.paired(request, reply, guessed, isLate),
    exchange: (n, state) => capture.exchange(n, state),
  });
  exchanges.configure(link.sockets);
  const event = (name: EventName, detail: object): number => capture.event(link, tap, tapName, name, detail);
  event("link-opened", { client, server, origin: "wire" });
  return {
    number: link.info.link,
    send: (frames) => message(capture, link, exchanges, 0, frames),
    reply: (frames) => message(capture, link, exchanges, 1, frames),
    event,
    close: (by, isReset = false) => {
      exchanges.close();
      const n = event("link-closed", { by, reset: isReset, messages: 0 });
      capture.closeLink(link);
      return n;
    },
  };
}

function message(
  capture: Capture,
  link: CapturedLink,
  exchanges: Exchanges,
  direction: Direction,
  frames: Frames,
): number {
  const n = say(capture, link, direction, frames);
  if (!exchanges.isActive) return n;
  const sizes = frames.map((frame) => Buffer.from(frame).length);
  const hasDelimiter = sizes.slice(0, -1).includes(0);
  const hasId = sizes.length > 1 && sizes[0] === 4 && sizes[1] === 0;
  const id = hasId ? Buffer.from(frames[0]!).readUInt32BE() : -1;
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
  exchanges.message(direction, n, frames.length, sizeBytes, id, hasDelimiter);
  return n;
}

import type { SocketType } from "../shared/model.ts";
import type { KnownLink } from "./capture/capture.ts";
import type { DialectKey } from "./dialects/dialect.ts";
import { makeRequest, type ReplayRequest, replyId } from "./replayRequest.ts";
import type { SessionSide } from "./replaySession.ts";
import type { ReplaySource } from "./replaySource.ts";
import { type ConversationEvents, noLoad, type OpenedStream, ReplayConversation } from "./rpc/replayConversation.ts";
import { asRequest } from "./rpc/replay.ts";
import { encodeMessage } from "./wire/writer.ts";

/** Connections at once; one that has nothing to do ends for another one. */
const MAX_CONVERSATIONS = 256;
/** What may wait for its turn: of all conversations together, and less where nothing else is waited for. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const MAX_WAITING_BYTES_FAST = 1024 * 1024;
/** Requests under way. */
const MAX_PENDING = 10_000;

/**
 * The connections of a session on which we are the client: one for each recorded client connection, and one for all of what
 * a listening socket has sent, since that was one socket.
 */
export class ReplayConversations {
  readonly #side: SessionSide;
  /** In order of use. */
  readonly #byKey = new Map<string, ReplayConversation<ReplayRequest>>();
  readonly #load = noLoad();
  readonly #closing = new Set<Promise<void>>();
  #lastLink: KnownLink | null = null;
  #lastFrom = "";
  #last: ReplayConversation<ReplayRequest> | null = null;

  constructor(side: SessionSide) {
    this.#side = side;
  }

  get isFull(): boolean {
    const isFast = this.#side.options.timing.kind === "fast";
    // Others need not wait for one that is slow, but where nothing else is waited for.
    if (isFast && this.#last?.isFull === true) return true;
    // Asked before each message, so it is known without a look at each connection.
    const { waiting, waitingBytes, pending, busy } = this.#load;
    return (
      waiting >= MAX_WAITING ||
      waitingBytes >= (isFast ? MAX_WAITING_BYTES_FAST : MAX_WAITING_BYTES) ||
      pending >= MAX_PENDING ||
      (this.#byKey.size >= MAX_CONVERSATIONS && busy >= this.#byKey.size)
    );
  }

  get isIdle(): boolean {
    return this.#load.busy === 0;
  }

  /**
   * Sends what `source` has loaded as a socket of this type, signed anew with `key` where its dialect does so. `open` connects
   * to whom it goes, when that is needed.
   */
  send(source: ReplaySource, as: SocketType, open: () => Promise<OpenedStream>, key: DialectKey): void {
    const conversation = this.#find(source, as, open);
    if (as === "REQ" || as === "DEALER") {
      const made = makeRequest(this.#side.capture, source, as, key);
      if ("problem" in made) this.#side.tally.skip("renewal", made.problem);
      else conversation.send(made.octets, made.octets.length, made.request);
      return;
    }
    const { sender } = source;
    if (sender === as || !hasEnvelope(sender)) {
      conversation.send(source.octets, source.size, null);
    } else {
      const octets = Buffer.from(encodeMessage(asRequest(source.frames()).slice(1)));
      conversation.send(octets, octets.length, null);
    }
  }

  flush(): void {
    if (this.#byKey.size === 1) this.#last?.flush();
    else for (const conversation of this.#byKey.values()) conversation.flush();
  }

  async close(): Promise<void> {
    const closing = [...this.#byKey.values()].map((conversation) => conversation.close());
    await Promise.all([...closing, ...this.#closing]);
  }

  destroy(): void {
    for (const conversation of this.#byKey.values()) conversation.destroy();
  }

  #find(source: ReplaySource, as: SocketType, open: () => Promise<OpenedStream>): ReplayConversation<ReplayRequest> {
    const { link, from } = source;
    if (this.#last !== null && this.#lastLink === link && this.#lastFrom === from) return this.#last;
    const key = from === "client" ? `link ${link?.info.link ?? 0}` : `${as} of ${link?.info.tap ?? ""}`;
    let conversation = this.#byKey.get(key);
    this.#byKey.delete(key);
    if (conversation === undefined) {
      this.#makeRoom();
      conversation = this.#newConversation(as, open);
    }
    this.#byKey.set(key, conversation);
    this.#last = conversation;
    this.#lastLink = link;
    this.#lastFrom = from;
    return conversation;
  }

  #newConversation(as: SocketType, open: () => Promise<OpenedStream>): ReplayConversation<ReplayRequest> {
    const { tally, replies, options } = this.#side;
    const events: ConversationEvents<ReplayRequest> = {
      sent: () => {
        tally.sent++;
      },
      answered: (request, frames) => replies.answered(request, frames),
      unanswered: (request, why) => replies.unanswered(request, why),
      unsubscribed: () => tally.skip("unsubscribed"),
      idOf: replyId,
      failed: (error) => this.#side.failed(error),
      changed: () => this.#side.changed(),
    };
    return new ReplayConversation(as, open, options.timeoutMs, events, this.#load);
  }

  /** Ends the idle conversation that was used longest ago. */
  #makeRoom(): void {
    if (this.#byKey.size < MAX_CONVERSATIONS) return;
    for (const [key, conversation] of this.#byKey) {
      if (!conversation.isIdle) continue;
      this.#byKey.delete(key);
      const closing: Promise<void> = conversation.close().then(() => void this.#closing.delete(closing));
      this.#closing.add(closing);
      return;
    }
  }
}

function hasEnvelope(sender: SocketType | null): boolean {
  return sender === "REQ" || sender === "REP";
}

import { type Refusal, toRefusal, UserError } from "./userError.ts";

/** One entry per question: what is asked and what is answered. */
export type Requests = Record<string, { ask: unknown; answer: unknown }>;

/** One function per question; what it throws or rejects with is sent back as a refusal. */
export type Handlers<R extends Requests> = {
  [K in keyof R]: (ask: R[K]["ask"]) => R[K]["answer"] | Promise<R[K]["answer"]>;
};

export type Ask = { readonly kind: "ask"; readonly id: number; readonly name: string; readonly body: unknown };
type Reply =
  | { readonly kind: "answer"; readonly id: number; readonly body: unknown }
  | { readonly kind: "refuse"; readonly id: number; readonly error: Refusal };
/** The same of another side, which may be of another build. */
type Received =
  | Extract<Reply, { kind: "answer" }>
  | { readonly kind: "refuse"; readonly id: number; readonly error?: Partial<Refusal> | null };
type Notice<N> = { readonly kind: "notice"; readonly notice: N };

/** What a channel needs of a pipe, a webview or anything else that carries whole values in order. */
export type Port = {
  post(value: unknown): void;
};

type Pending = { resolve(body: unknown): void; reject(error: Error): void };

/**
 * Asks, answers and notices over a port. Every ask ends in an answer or a refusal; close() refuses the rest.
 * `Theirs` are the questions this side may ask, `Mine` those it answers.
 */
export class Channel<Theirs extends Requests, TheirNotice, Mine extends Requests, MyNotice> {
  readonly #port: Port;
  readonly #handlers: Handlers<Mine>;
  readonly #onNotice: (notice: TheirNotice) => void;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: Refusal | undefined;

  constructor(port: Port, handlers: Handlers<Mine>, onNotice: (notice: TheirNotice) => void) {
    this.#port = port;
    this.#handlers = handlers;
    this.#onNotice = onNotice;
  }

  ask<K extends keyof Theirs & string>(name: K, body: Theirs[K]["ask"]): Promise<Theirs[K]["answer"]> {
    const closed = this.#closed;
    if (closed !== undefined) return Promise.reject(new UserError(closed.code, closed.message));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#port.post({ kind: "ask", id, name, body } satisfies Ask);
    });
  }

  notify(notice: MyNotice): void {
    if (this.#closed === undefined) this.#port.post({ kind: "notice", notice } satisfies Notice<MyNotice>);
  }

  /** Takes one value that came from the other side. Values of no known shape are dropped. */
  receive(value: unknown): void {
    if (typeof value !== "object" || value === null || !("kind" in value)) return;
    const message = value as Ask | Received | Notice<TheirNotice>;
    switch (message.kind) {
      case "ask":
        if (typeof message.id === "number" && typeof message.name === "string") void this.#answer(message);
        return;
      case "answer":
        this.#take(message.id)?.resolve(message.body);
        return;
      case "refuse":
        this.#take(message.id)?.reject(new UserError(`${message.error?.code}`, `${message.error?.message}`));
        return;
      case "notice":
        if (message.notice) this.#onNotice(message.notice);
        return;
    }
  }

  /** Refuses whatever is still open, and every later ask, with `reason`. */
  close(reason: Refusal): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    for (const pending of this.#pending.values()) pending.reject(new UserError(reason.code, reason.message));
    this.#pending.clear();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  async #answer(ask: Ask): Promise<void> {
    let reply: Reply;
    try {
      if (!Object.hasOwn(this.#handlers, ask.name)) {
        throw new UserError(
          "unknown-request",
          `Nothing answers "${ask.name}". Reload the window to use one version of ZMQ Tap.`,
        );
      }
      const handler = this.#handlers[ask.name] as (body: unknown) => unknown;
      reply = { kind: "answer", id: ask.id, body: await handler(ask.body) };
    } catch (error) {
      reply = { kind: "refuse", id: ask.id, error: toRefusal(error) };
    }
    if (this.#closed === undefined) this.#port.post(reply);
  }
}

import { type Duplex, duplexPair } from "node:stream";
import { UserError } from "../../shared/userError.ts";
import { Gathered } from "../http/gathered.ts";
import { HttpReader } from "../http/httpReader.ts";
import { type HttpTarget, writeRequest } from "../http/request.ts";
import { ZmtpClient } from "../wire/zmtpClient.ts";

/** A connection to an HTTP server, open or about to be: `link` rejects with why it never opens. */
export type HttpConnection = { readonly stream: Duplex; readonly link: Promise<unknown> };

/** Largest response that is taken; it is held whole. */
const MAX_RESPONSE_BYTES = 60 * 1024 * 1024;
const DELIMITER = new Uint8Array(0);

/** A connection with its reader. */
type Far = HttpConnection & { readonly reader: HttpReader };

/**
 * HTTP for those who speak ZMTP: the near end of a stream on which a REP seems to answer. Each message of a REQ becomes a
 * request (see writeRequest), each response a message `[head][body]`. Where the server closes behind a response, the next
 * request opens another connection.
 */
export class HttpStream {
  /** What a ZMTP client writes to and reads from. It begins once the first connection is there. */
  readonly near: Duplex;
  /** Why the stream ended early, where that is known better here. */
  problem: UserError | null = null;
  readonly #end: Duplex;
  readonly #open: () => HttpConnection;
  readonly #target: HttpTarget;
  readonly #rep = new ZmtpClient({ socket: "REP" });
  #far: Far | null = null;
  /** Requests without a whole response. */
  #pending = 0;
  /** The response under way. */
  #head: Uint8Array = DELIMITER;
  readonly #body = new Gathered(MAX_RESPONSE_BYTES);
  #hasBody = false;
  #isLast = false;

  /** `first` is the first connection; `open` makes further ones. */
  constructor(first: HttpConnection, open: () => HttpConnection, target: HttpTarget) {
    [this.near, this.#end] = duplexPair({ allowHalfOpen: true });
    this.#open = open;
    this.#target = target;
    this.#take(first);
    first.link.then(
      () => {
        this.#end.write(this.#rep.start());
        this.#end.on("data", (chunk: Uint8Array) => this.#asked(chunk));
      },
      () => this.#drop(),
    );
    this.#end.once("end", () => this.#hangUp());
    this.#end.once("close", () => this.#far?.stream.destroy());
    this.near.once("close", () => this.#end.destroy());
  }

  #take(connection: HttpConnection): Far {
    const { stream } = connection;
    const reader = new HttpReader({
      head: (direction, head, bodyBytes, isLast) => {
        if (direction === 0) return;
        this.#head = head.slice();
        this.#hasBody = bodyBytes !== 0;
        this.#isLast = isLast;
      },
      body: (direction, octets) => {
        if (direction === 0 || this.#body.add(octets) === octets.length) return;
        this.#fail(`The server's response is larger than ${MAX_RESPONSE_BYTES} octets, which calls do not take.`);
      },
      end: (direction) => {
        if (direction === 1) this.#answered(far);
      },
      fault: (_direction, _code, message) => this.#fail(`The server's response cannot be read. ${message}`),
    });
    const far = { ...connection, reader };
    this.#far = far;
    connection.link.catch(() => this.#drop());
    // Within 'data' a tap has not looked at these octets yet; what is answered at once would be seen before them.
    stream.on("data", (chunk: Uint8Array) => queueMicrotask(() => reader.push(1, chunk)));
    stream.once("end", () => {
      queueMicrotask(() => reader.close(1));
      stream.end();
    });
    stream.on("error", () => undefined);
    stream.once("close", () => queueMicrotask(() => this.#gone(far)));
    return far;
  }

  #asked(chunk: Uint8Array): void {
    for (const event of this.#rep.push(chunk)) {
      if (event.kind === "send") this.#end.write(event.bytes);
      else if (event.kind === "message") this.#request(event.frames);
      else if (event.kind === "failed") this.#fail(event.message);
    }
  }

  #request(frames: readonly Uint8Array[]): void {
    const delimiter = frames.findIndex((frame) => frame.length === 0);
    const written = writeRequest(frames.slice(delimiter + 1), this.#target);
    if ("problem" in written) {
      this.#fail(`Nothing was sent: ${written.problem}`);
      return;
    }
    this.#pending++;
    const far = this.#far ?? this.#take(this.#open());
    far.reader.push(0, written.octets);
    if (far.stream.write(written.octets)) return;
    this.#end.pause();
    far.stream.once("drain", () => this.#end.resume());
  }

  #answered(far: Far): void {
    this.#pending--;
    const body = this.#body.take();
    this.#end.write(this.#rep.encode([DELIMITER, this.#head, ...(this.#hasBody ? [body] : [])]));
    if (!this.#isLast) return;
    far.stream.end();
    this.#far = null;
    if (this.#pending > 0) this.#end.end();
  }

  /** A connection is closed: between responses the next request makes another one, else who waits is told. */
  #gone(far: Far): void {
    if (this.#far !== far) return;
    this.#far = null;
    if (this.#pending > 0 || this.#end.readableEnded) this.#end.end();
  }

  /** Whoever asked has gone. */
  #hangUp(): void {
    if (this.#far === null) this.#end.end();
    else this.#far.stream.end();
  }

  #fail(message: string): void {
    this.problem ??= new UserError("call-failed", message);
    this.#body.take();
    this.#drop();
  }

  /** Neither end of a pair sees that the other is destroyed. */
  #drop(): void {
    this.#end.destroy();
    this.near.destroy();
  }
}

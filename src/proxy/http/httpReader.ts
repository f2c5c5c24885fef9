import type { Direction } from "../../shared/model.ts";
import { type BodyLength, type HttpHead, MAX_HEAD_BYTES, maskHead, readHead } from "./head.ts";

/** What an HttpReader says about the octets that it is shown. Octets are views: of a head the reader's, of a body the caller's. */
export type HttpSink = {
  /**
   * A message begins: its start line and headers as they came but for secrets, which are masked, without the empty line.
   * `bodyBytes` of body follow; -1 when nobody knows how many. `isLast`: the connection ends behind it. Heads of 1xx responses are passed over.
   */
  head(direction: Direction, head: Uint8Array, bodyBytes: number, isLast: boolean): void;
  /** A piece of the body, without what chunks put around it. Trailers are passed over. */
  body(direction: Direction, octets: Uint8Array): void;
  /** The message is whole. */
  end(direction: Direction): void;
  /** Neither direction can be followed any further; nothing follows. `code` for programs, `message` one sentence. */
  fault(direction: Direction, code: string, message: string): void;
};

/** Requests that may wait for their response on one connection. */
const MAX_PIPELINED = 4096;
/** A chunk's size with its extensions. */
const MAX_CHUNK_LINE_BYTES = 4096;
/** Digits of a chunk's size, below 2^52. */
const MAX_SIZE_DIGITS = 13;
const LF = 0x0a;
const CR = 0x0d;

const HEAD = 0;
const BODY = 1;
const UNTIL_CLOSE = 2;
const CHUNK_SIZE = 3;
const CHUNK = 4;
const CHUNK_END = 5;
const TRAILERS = 6;
/** A CONNECT was asked, and what comes next depends on its response. */
const TUNNEL = 7;

/** Where one direction stands. */
class Side {
  readonly direction: Direction;
  state = HEAD;
  head = new Uint8Array(1024);
  headBytes = 0;
  /** Octets of the line under way, but for a carriage return at its end. */
  lineBytes = 0;
  bodyLeft = 0;
  sizeDigits = 0;
  isSizeDone = false;

  constructor(direction: Direction) {
    this.direction = direction;
  }

  /** Adds an octet of a head; false when it grows too large. */
  add(octet: number): boolean {
    if (this.headBytes === MAX_HEAD_BYTES) return false;
    if (this.headBytes === this.head.length) {
      const grown = new Uint8Array(2 * this.headBytes);
      grown.set(this.head);
      this.head = grown;
    }
    this.head[this.headBytes++] = octet;
    return true;
  }
}

/**
 * Reads the requests (direction 0) and responses (1) of one HTTP/1 connection (RFC 9112): keep-alive, pipelining, chunked
 * bodies, bodies that end with the connection, responses that have none. Works on chunks of any size, never throws, and
 * holds a head of at most 64 KiB per direction and no body. What is no HTTP/1, or what programs may read in two ways, is one
 * fault for both directions; so are Upgrade and CONNECT, behind which other protocols follow. The sink must not call back.
 */
export class HttpReader {
  readonly #sink: HttpSink;
  readonly #sides: readonly [Side, Side] = [new Side(0), new Side(1)];
  /** Methods of requests whose response has not begun, oldest first. */
  readonly #asked: string[] = [];
  #isOpaque = false;

  constructor(sink: HttpSink) {
    this.#sink = sink;
  }

  /** Whether nothing more can be read. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  push(direction: Direction, octets: Uint8Array): void {
    const side = this.#sides[direction];
    let at = 0;
    while (at < octets.length && !this.#isOpaque) at = this.#step(side, octets, at);
  }

  /** The sender of a direction has ended it in order, which ends a body without a length. */
  close(direction: Direction): void {
    const side = this.#sides[direction];
    if (this.#isOpaque || side.state !== UNTIL_CLOSE) return;
    this.#endMessage(side);
  }

  #step(side: Side, octets: Uint8Array, at: number): number {
    switch (side.state) {
      case HEAD:
        return this.#readHead(side, octets, at);
      case BODY:
      case CHUNK: {
        const taken = Math.min(side.bodyLeft, octets.length - at);
        this.#sink.body(side.direction, octets.subarray(at, at + taken));
        side.bodyLeft -= taken;
        if (side.bodyLeft === 0) {
          if (side.state === BODY) this.#endMessage(side);
          else side.state = CHUNK_END;
        }
        return at + taken;
      }
      case UNTIL_CLOSE:
        this.#sink.body(side.direction, octets.subarray(at));
        return octets.length;
      case CHUNK_SIZE:
        return this.#readChunkSize(side, octets[at]!, at);
      case CHUNK_END:
        return this.#readChunkEnd(side, octets[at]!, at);
      case TRAILERS:
        return this.#readTrailers(side, octets, at);
      default:
        this.#fail(
          side,
          "tunnel",
          "The client speaks through a tunnel that it asked for (CONNECT), which is not HTTP any more.",
        );
        return octets.length;
    }
  }

  #readHead(side: Side, octets: Uint8Array, from: number): number {
    for (let at = from; at < octets.length; at++) {
      const octet = octets[at]!;
      // RFC 9112, 2.2: empty lines before a message are passed over.
      if (side.headBytes === 0 && (octet === CR || octet === LF)) continue;
      if (!isBeginning(side, octet)) {
        this.#failAlien(side, octet);
        return octets.length;
      }
      if (!side.add(octet)) {
        this.#fail(side, "long-head", `The headers of a message are longer than ${MAX_HEAD_BYTES} octets.`);
        return octets.length;
      }
      if (octet === LF) {
        if (side.lineBytes === 0) {
          this.#endHead(side);
          return at + 1;
        }
        side.lineBytes = 0;
      } else if (octet !== CR) {
        side.lineBytes++;
      }
    }
    return octets.length;
  }

  #endHead(side: Side): void {
    const size = side.headBytes;
    side.headBytes = 0;
    side.lineBytes = 0;
    const whole = side.head.subarray(0, size);
    const head = whole.subarray(0, textEnd(whole));
    const facts = readHead(head);
    if ("problem" in facts) {
      this.#fail(side, facts.code, facts.problem);
      return;
    }
    if ((side.direction === 0) !== (facts.status === 0)) {
      const what = side.direction === 0 ? "The client sent a response" : "The server sent a request";
      this.#fail(side, "bad-start-line", `${what}, which HTTP does not know.`);
      return;
    }
    maskHead(head);
    if (side.direction === 0) this.#request(side, head, facts);
    else this.#response(side, head, facts);
  }

  #request(side: Side, head: Uint8Array, facts: HttpHead): void {
    if (this.#asked.length === MAX_PIPELINED) {
      this.#fail(side, "many-requests", `More than ${MAX_PIPELINED} requests wait for their response.`);
      return;
    }
    this.#asked.push(facts.method);
    this.#beginBody(side, head, facts, facts.length);
    // What comes behind it may be anything; a refused one goes on as HTTP.
    if (facts.method === "CONNECT" && side.state === HEAD) side.state = TUNNEL;
  }

  #response(side: Side, head: Uint8Array, facts: HttpHead): void {
    const { status } = facts;
    if (status === 101) {
      this.#fail(side, "upgraded", "The connection was upgraded to another protocol, so it is not HTTP any more.");
      return;
    }
    if (status < 200) return;
    const method = this.#asked.shift();
    if (method === "CONNECT") {
      if (status < 300) {
        this.#beginBody(side, head, facts, 0);
        this.#fail(side, "tunnel", "The connection has become a tunnel (CONNECT), so it is not HTTP any more.");
        return;
      }
      if (this.#sides[0].state === TUNNEL) this.#sides[0].state = HEAD;
    }
    const hasNone = method === "HEAD" || status === 204 || status === 304;
    this.#beginBody(side, head, facts, hasNone ? 0 : facts.length);
  }

  #beginBody(side: Side, head: Uint8Array, facts: HttpHead, length: BodyLength): void {
    const isKnown = typeof length === "number";
    this.#sink.head(side.direction, head, isKnown ? length : -1, facts.isLast || length === "close");
    if (length === 0) {
      this.#endMessage(side);
    } else if (isKnown) {
      side.bodyLeft = length;
      side.state = BODY;
    } else if (length === "close") {
      side.state = UNTIL_CLOSE;
    } else {
      this.#expectChunk(side);
    }
  }

  #endMessage(side: Side): void {
    side.state = HEAD;
    this.#sink.end(side.direction);
  }

  #expectChunk(side: Side): void {
    side.state = CHUNK_SIZE;
    side.bodyLeft = 0;
    side.lineBytes = 0;
    side.sizeDigits = 0;
    side.isSizeDone = false;
  }

  #readChunkSize(side: Side, octet: number, at: number): number {
    if (octet === LF) {
      if (side.sizeDigits === 0) return this.#badChunk(side, at);
      side.lineBytes = 0;
      side.state = side.bodyLeft === 0 ? TRAILERS : CHUNK;
      return at + 1;
    }
    if (++side.lineBytes > MAX_CHUNK_LINE_BYTES) return this.#badChunk(side, at);
    const digit = side.isSizeDone ? -1 : hexDigit(octet);
    if (digit >= 0) {
      if (++side.sizeDigits > MAX_SIZE_DIGITS) return this.#badChunk(side, at);
      side.bodyLeft = side.bodyLeft * 16 + digit;
    } else {
      // Extensions begin with a semicolon, perhaps behind white space.
      const isEnd = octet === CR || octet === 0x3b || octet === 0x20 || octet === 0x09;
      if (!side.isSizeDone && !isEnd) return this.#badChunk(side, at);
      side.isSizeDone = true;
    }
    return at + 1;
  }

  #readChunkEnd(side: Side, octet: number, at: number): number {
    if (octet === LF) this.#expectChunk(side);
    else if (octet !== CR || side.lineBytes > 0) return this.#badChunk(side, at);
    else side.lineBytes = 1;
    return at + 1;
  }

  #readTrailers(side: Side, octets: Uint8Array, from: number): number {
    for (let at = from; at < octets.length; at++) {
      const octet = octets[at]!;
      if (octet === LF) {
        if (side.lineBytes === 0) {
          side.headBytes = 0;
          this.#endMessage(side);
          return at + 1;
        }
        side.lineBytes = 0;
      } else if (octet !== CR) {
        side.lineBytes++;
        if (++side.headBytes > MAX_HEAD_BYTES) {
          this.#fail(side, "long-head", `The trailers of a message are longer than ${MAX_HEAD_BYTES} octets.`);
          return octets.length;
        }
      }
    }
    return octets.length;
  }

  #badChunk(side: Side, at: number): number {
    this.#fail(side, "bad-chunk", "A chunk of a body has no size, or does not end where its size says.");
    return at;
  }

  #failAlien(side: Side, octet: number): void {
    const who = side.direction === 0 ? "client" : "server";
    if (octet === 0x16 || octet === 0x15) {
      this.#fail(side, "not-http", `The ${who} speaks TLS (https), which cannot be read here. Use plain http.`);
    } else if (octet === 0xff) {
      this.#fail(
        side,
        "not-http",
        `The ${who} speaks ZeroMQ's protocol, not HTTP. Attach the tap to a tcp:// endpoint.`,
      );
    } else {
      this.#fail(side, "not-http", `The ${who} does not speak HTTP.`);
    }
  }

  #fail(side: Side, code: string, message: string): void {
    this.#isOpaque = true;
    for (const each of this.#sides) each.head = new Uint8Array(0);
    this.#sink.fault(side.direction, code, message);
  }
}

const STATUS_BEGINNING = "HTTP/";

/** Whether a message may begin so: a method is a token, a response says HTTP/. */
function isBeginning({ direction, headBytes }: Side, octet: number): boolean {
  if (direction === 0) return headBytes > 0 || (octet > 0x20 && octet < 0x7f);
  return headBytes >= STATUS_BEGINNING.length || octet === STATUS_BEGINNING.charCodeAt(headBytes);
}

/** Where the last line that is not empty ends. */
function textEnd(head: Uint8Array): number {
  let end = head.length;
  while (end > 0 && (head[end - 1] === LF || head[end - 1] === CR)) end--;
  return end;
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/**
 * How a host finds the engine that the window before has left running: by a file in the storage folder, which says where it
 * listens, and by proving that both know the token in that file, which itself is never sent. This keeps its form over
 * versions of ZMQ Tap, so that an engine of an older one can be told to end.
 */

/** In the storage folder, readable by its user only. */
export const DOOR_FILE = "engine.json";
const FORMAT = 1;
const MAX_TEXT = 4096;

export type EngineDoor = {
  readonly format: typeof FORMAT;
  /** ENGINE_PROTOCOL_VERSION of the engine. */
  readonly protocol: number;
  /** What scriptOf() says of the file that the engine was started from. */
  readonly script: string;
  readonly pid: number;
  /** Path of its socket, or name of its pipe. */
  readonly address: string;
  readonly token: string;
};

/** What a host wants of an engine: to be its next host, or that it ends in order. */
export const WISHES = { adopt: 0, end: 1 } as const;
export type Wish = keyof typeof WISHES;

/** What the engine answers. `busy`: it has a host. An engine that is to end is `welcome` to, and closes once it has. */
export const WELCOMES = { busy: 0, welcome: 1 } as const;
export type Welcome = keyof typeof WELCOMES;

export const NONCE_OCTETS = 32;
export const PROOF_OCTETS = 32;
/** The engine begins with a nonce; the host answers with its wish, a nonce and a proof; the engine with a word and its own proof. */
export const ASK_OCTETS = 1 + NONCE_OCTETS + PROOF_OCTETS;
export const ANSWER_OCTETS = 1 + PROOF_OCTETS;

/** Names a file and what is in it, by when it was written: of another one an engine cannot load what it needs later. */
export function scriptOf(path: string, writtenMs: number | undefined): string {
  return `${path} ${writtenMs ?? "?"}`;
}

export function writeDoor(door: Omit<EngineDoor, "format">): string {
  return JSON.stringify({ format: FORMAT, ...door });
}

/** `null` for a text that is none, or of a form that is not known here. */
export function readDoor(text: string): EngineDoor | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // A file that was cut off says nothing.
  }
  if (typeof value !== "object" || value === null) return null;
  const { format, protocol, script, pid, address, token } = value as Readonly<Record<string, unknown>>;
  const isDoor =
    format === FORMAT &&
    Number.isSafeInteger(protocol) &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    [script, address, token].every((part) => typeof part === "string" && part !== "" && part.length <= MAX_TEXT);
  return isDoor ? (value as EngineDoor) : null;
}

/** What a side signs with the token: its own word, and both nonces, so that no proof serves twice or for the other side. */
export function signedBy(
  side: "host" | "engine",
  word: number,
  nonces: { readonly engine: Uint8Array; readonly host: Uint8Array },
): Uint8Array {
  const signed = new Uint8Array(2 + 2 * NONCE_OCTETS);
  signed[0] = side === "host" ? 1 : 2;
  signed[1] = word;
  signed.set(nonces.engine, 2);
  signed.set(nonces.host, 2 + NONCE_OCTETS);
  return signed;
}

/** A stream as far as nextOctets() needs it; Node's sockets are ones. */
export type OctetStream = {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  removeListener(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  removeListener(event: "close", listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
};

/** The next `count` octets of a stream, which is paused behind them. Rejects when it closes before, or says more. */
export function nextOctets(stream: OctetStream, count: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const octets = new Uint8Array(count);
    let filled = 0;
    const end = (): void => {
      stream.pause();
      stream.removeListener("data", take);
      stream.removeListener("close", close);
    };
    const take = (chunk: Uint8Array): void => {
      if (filled + chunk.length > count) {
        end();
        reject(new RangeError(`More than ${count} octets came.`));
        return;
      }
      octets.set(chunk, filled);
      filled += chunk.length;
      if (filled < count) return;
      end();
      resolve(octets);
    };
    const close = (): void => {
      end();
      reject(new Error(`It closed after ${filled} of ${count} octets.`));
    };
    stream.on("data", take);
    stream.on("close", close);
    stream.resume();
  });
}

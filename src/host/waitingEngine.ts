import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import type * as vscode from "vscode";
import {
  ANSWER_OCTETS,
  type EngineDoor,
  nextOctets,
  NONCE_OCTETS,
  PROOF_OCTETS,
  readDoor,
  scriptOf,
  signedBy,
  type Welcome,
  WELCOMES,
  type Wish,
  WISHES,
} from "../shared/engineDoor.ts";
import { ENGINE_PROTOCOL_VERSION } from "../shared/engineProtocol.ts";
import type { EngineProcess } from "./engineProcess.ts";

/** How long an engine may take to prove itself. */
const PROOF_MS = 2_000;
/** How long a window that is reloaded waits for the one before to let go of the engine. */
const BUSY_MS = 3_000;
const BUSY_WAIT_MS = 100;
/** How long an engine that is told to end is waited for: it writes the rest of its capture to disk. */
const END_MS = 10_000;

export type AdoptionOptions = {
  /** What the door's file says. */
  readonly door: string;
  /** The file of the engine that this extension would start. */
  readonly script: string;
  readonly mayAdopt: boolean;
  readonly log: vscode.LogOutputChannel;
};

/**
 * Takes over the engine that a door leads to. `null` where there is none any more, another window has it, or it may not go on
 * here, since it is of another version or the workspace is not trusted: then it was told to end, and has ended.
 */
export async function adoptEngine({ door, script, mayAdopt, log }: AdoptionOptions): Promise<EngineProcess | null> {
  const found = readDoor(door);
  if (found === null) return null;
  const written = await stat(script).catch(() => undefined);
  const isSame = found.protocol === ENGINE_PROTOCOL_VERSION && found.script === scriptOf(script, written?.mtimeMs);
  if (!isSame || !mayAdopt) {
    const why = isSame ? "the workspace is not trusted" : "it is of another version";
    if (await endEngine(found)) log.info(`The engine that the window before has left was ended, since ${why}.`);
    return null;
  }
  for (const untilMs = performance.now() + BUSY_MS; ;) {
    const socket = await open(found);
    if (socket === null) return null;
    const welcome = await ask(socket, found, "adopt");
    if (welcome === "welcome") {
      log.info(`The engine of the window before goes on as process ${found.pid}.`);
      return adopted(socket, found.pid);
    }
    socket.destroy();
    if (performance.now() >= untilMs) {
      log.info("Another window of this workspace has the engine that runs; this one starts its own.");
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS));
  }
}

/** False where there is none. */
async function endEngine(door: EngineDoor): Promise<boolean> {
  const socket = await open(door);
  if (socket === null) return false;
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await ask(socket, door, "end");
  const timer = setTimeout(() => socket.destroy(), END_MS);
  socket.resume();
  await ended;
  clearTimeout(timer);
  return true;
}

/** `null` where nobody listens: the engine has ended, or was killed. */
function open({ address }: EngineDoor): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.pause();
    socket.once("connect", () => resolve(socket));
    socket.on("error", () => resolve(null)); // Later ones are followed by 'close'.
  });
}

/** Rejects, with the socket closed, when the other side does not know the token: it is told nothing then. */
async function ask(socket: Socket, { token }: EngineDoor, wish: Wish): Promise<Welcome> {
  const timer = setTimeout(() => socket.destroy(), PROOF_MS);
  const sign = (...signed: Parameters<typeof signedBy>): Buffer =>
    createHmac("sha256", token)
      .update(signedBy(...signed))
      .digest();
  try {
    const nonces = { engine: await nextOctets(socket, NONCE_OCTETS), host: randomBytes(NONCE_OCTETS) };
    socket.write(Buffer.concat([Buffer.of(WISHES[wish]), nonces.host, sign("host", WISHES[wish], nonces)]));
    const answer = await nextOctets(socket, ANSWER_OCTETS);
    const word = answer[0]!;
    const proof = answer.subarray(ANSWER_OCTETS - PROOF_OCTETS);
    if (!timingSafeEqual(proof, sign("engine", word, nonces))) throw new Error("It does not know the token.");
    return word === WELCOMES.welcome ? "welcome" : "busy";
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function adopted(socket: Socket, pid: number): EngineProcess {
  const kill = (): void => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
    socket.destroy();
  };
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve("its connection closed")));
  return { stream: socket, pid, kill, ended, release: () => undefined };
}

import { type Endpoint, formatEndpoint, isLoopback } from "../shared/endpoint.ts";
import type { TapConfig, TapId, TapState, TapStatus } from "../shared/model.ts";
import type { DestinationKeys, TapSecurity } from "../shared/security.ts";
import { type DestinationPattern, fitsDestination, readDestinationPattern } from "../shared/socks.ts";
import { type Capturing, passedBy } from "./capturing.ts";
import type { TapCounters } from "./linkLog.ts";
import { badDestinationPattern, OUT_OF_DESCRIPTORS, socksNeedsTcp, socksOpenToAll } from "./faults.ts";
import { reaches } from "./relay/addresses.ts";
import { type SocksClient, SocksDoor } from "./relay/socksDoor.ts";
import { SOCKS_REPLY, type SocksReply } from "./relay/socksReader.ts";
import type { SharedDoor, Tap } from "./relay/tap.ts";
import { SocksPatience } from "./socksPatience.ts";

/** Destinations with a tap at once. The one that was not used for longest makes room, unless all have clients. */
const MAX_DESTINATIONS = 256;
/** Clients at once. */
const MAX_CLIENTS = 4096;
/** Problems that are told once each; after so many they are told anew. */
const MAX_TOLD = 100;

/** A tap of the engine's, as far as its SOCKS server needs it. */
type DestinationTap = { readonly config: TapConfig; readonly tap: Tap };

/** What the engine does for a SOCKS server. */
type SocksSurroundings = {
  /** Rejects with a UserError for keys that are none. */
  checkKeys(keys: TapSecurity | null): Promise<void>;
  /** Makes the tap of a destination, whose clients come through `door`. */
  open(config: TapConfig, server: Endpoint, keys: TapSecurity | null, door: SharedDoor): Promise<DestinationTap>;
  secure(id: TapId, keys: TapSecurity | null): Promise<unknown>;
  /** Ends and forgets such a tap. */
  close(id: TapId): Promise<void>;
  /** Why a client was turned away; the same is told once only. */
  turnedAway(problem: { readonly code: string; readonly message: string }): void;
  changed(): void;
};

type Destination = {
  /** Settles in a tap that runs. */
  readonly opening: Promise<DestinationTap>;
  tap: DestinationTap | null;
};

type KeyRule = { readonly pattern: DestinationPattern; readonly security: TapSecurity | null };

/**
 * A SOCKS server and the taps of what programs connect to through it: one for each destination as programs write it, from
 * its first client on. A destination that may not be connected to, or where nothing listens, is answered in the words of
 * SOCKS, so that the program sees what it would see without a tap; one that asks again waits for its server (SocksPatience).
 */
export class SocksTaps {
  config: TapConfig;
  /** For all destinations. */
  readonly capturing: Capturing;
  readonly #surroundings: SocksSurroundings;
  readonly #door: SocksDoor;
  readonly #listen: Endpoint;
  readonly #allow: readonly DestinationPattern[];
  readonly #rules: readonly KeyRule[];
  /** Keys of destinations that no rule fits. */
  #security: TapSecurity | null;
  /** Those that were given to a destination later on. */
  readonly #remembered = new Map<string, TapSecurity | null>();
  /** By destination; the one that was used last stands last. */
  readonly #destinations = new Map<string, Destination>();
  readonly #patience = new SocksPatience();
  readonly #told = new Set<string>();
  #ending: Promise<void> | undefined;
  #status: TapStatus = "stopped";
  #problem: string | null = null;
  /** What went through taps of destinations that have ended. */
  readonly #ended = { messages: 0, bytes: 0 };
  readonly #counts = { made: 0, denied: 0, unreached: 0, faulty: 0, surplus: 0 };

  /** Throws a UserError for a pattern that is none. */
  constructor(
    config: TapConfig,
    listen: Endpoint,
    security: TapSecurity | null,
    destinations: readonly DestinationKeys[],
    capturing: Capturing,
    surroundings: SocksSurroundings,
  ) {
    this.config = config;
    this.capturing = capturing;
    this.#surroundings = surroundings;
    this.#listen = listen;
    this.#security = security;
    this.#allow = (config.socks?.allow ?? []).map(readPattern);
    this.#rules = destinations.map(({ pattern, security: keys }) => ({
      pattern: readPattern(pattern),
      security: keys,
    }));
    this.#door = new SocksDoor(listen, MAX_CLIENTS, {
      asked: (destination, client) => {
        this.#asked(destination, client).catch((error: unknown) => {
          this.#tell("failed", String(error), `A client from ${client.address} was turned away. ${reasonOf(error)}`);
          client.turnAway(SOCKS_REPLY.failure, 0);
        });
      },
      faulty: (address, problem) => {
        this.#counts.faulty += 1;
        this.#tell("no-socks", problem.replace(/\d+/g, ""), `A client from ${address} was closed: ${problem}.`);
      },
      surplus: () => {
        this.#counts.surplus += 1;
        this.#tell("too-many-clients", "", `A client was closed, since ${MAX_CLIENTS} are connected.`);
      },
      outOfDescriptors: () => this.#tell("out-of-descriptors", "", OUT_OF_DESCRIPTORS),
      changed: () => surroundings.changed(),
    });
  }

  get isRunning(): boolean {
    return this.#status === "listening" || this.#status === "starting";
  }

  get state(): TapState {
    return {
      config: this.config,
      status: this.#status,
      listening: this.#status === "listening" ? formatEndpoint(this.#door.endpoint) : "",
      problem: this.#problem,
      ...this.#ended,
      messagesPerSecond: 0,
      links: [],
      moreLinks: 0,
      failing: [],
      speaksCurve: false,
      waiting: [],
      ...passedBy(this.capturing),
      socks: { destinations: this.#destinations.size, connections: this.#door.clients, ...this.#counts },
    };
  }

  /** Once only. Rejects with a UserError; the server is then `failed`. */
  async start(): Promise<void> {
    this.#become("starting", null);
    try {
      const shown = formatEndpoint(this.#listen);
      if (this.#listen.transport !== "tcp") throw socksNeedsTcp(shown);
      const isOpenToAll = this.#listen.host === "*" || !isLoopback(this.#listen);
      if (isOpenToAll && this.#allow.length === 0) throw socksOpenToAll(shown);
      for (const { security } of [{ security: this.#security }, ...this.#rules])
        await this.#surroundings.checkKeys(security);
      await this.#door.open();
      this.#become("listening", null);
    } catch (error) {
      this.#become("failed", reasonOf(error));
      throw error;
    }
  }

  /** Lets nobody in any more, and ends the taps of all destinations behind what their links are still owed. */
  stop(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#become("stopped", null);
    await this.#door.close();
    const open = [...this.#destinations.values()];
    this.#destinations.clear();
    await Promise.allSettled(open.map(async ({ opening }) => this.#surroundings.close((await opening).config.id)));
    this.#surroundings.changed();
  }

  /** Other keys for new links of all destinations that have none of their own. Rejects with a UserError. */
  async secure(security: TapSecurity | null): Promise<void> {
    await this.#surroundings.checkKeys(security);
    this.#security = security;
    const common = [...this.#destinations.values()].filter(({ tap }) => tap !== null && this.#isCommon(tap));
    // One that is ended meanwhile needs none.
    await Promise.allSettled(common.map(({ tap }) => this.#surroundings.secure(tap!.config.id, security)));
  }

  /** Keys that were given to a destination, for when it gets a tap again. */
  remember(destination: string, security: TapSecurity | null): void {
    this.#remembered.delete(destination);
    this.#remembered.set(destination, security);
    if (this.#remembered.size > MAX_DESTINATIONS) this.#remembered.delete(this.#remembered.keys().next().value!);
  }

  /** The tap of a destination ends: its next client gets a new one. */
  forget(destination: string): void {
    this.#destinations.delete(destination);
  }

  /** What went through a tap that has ended. */
  count({ messages, bytes }: Pick<TapCounters, "messages" | "bytes">): void {
    this.#ended.messages += messages;
    this.#ended.bytes += bytes;
  }

  async #asked(destination: Endpoint, client: SocksClient): Promise<void> {
    const name = formatEndpoint(destination);
    const problem = this.#whyDenied(destination, name);
    if (problem !== null) {
      this.#counts.denied += 1;
      this.#tell("denied", name, `${problem}, so a client from ${client.address} was turned away.`);
      this.#turnAway(name, client, SOCKS_REPLY.notAllowed);
      return;
    }
    const tap = await this.#tapOf(name, destination);
    if (tap === null) {
      this.#counts.surplus += 1;
      this.#tell(
        "too-many-destinations",
        "",
        `A client from ${client.address} was turned away: ${MAX_DESTINATIONS} destinations have clients already.`,
      );
      this.#turnAway(name, client, SOCKS_REPLY.failure);
      return;
    }
    if (client.socket.destroyed || !this.isRunning) return;
    const untilMs = performance.now() + this.#patience.of(name);
    let hasFailed = false;
    await tap.tap.admit(client.socket, {
      waits: () => {
        if (!hasFailed) this.#counts.unreached += 1;
        hasFailed = true;
        return performance.now() < untilMs;
      },
      opened: (server) => {
        this.#counts.made += 1;
        client.answer.opened(server);
      },
      refused: (error) => {
        this.#patience.turnedAway(name);
        client.answer.refused(error);
      },
    });
  }

  #turnAway(name: string, client: SocksClient, reply: SocksReply): void {
    client.turnAway(reply, this.#patience.of(name));
    this.#patience.turnedAway(name);
  }

  /** Why it is denied, as the beginning of a sentence; `null` when a destination may be connected to. */
  #whyDenied(destination: Endpoint, name: string): string | null {
    if (destination.transport !== "tcp") return `${name} is not reached by tcp`;
    if (reaches(destination, this.#door.endpoint)) return `${name} is this SOCKS server itself`;
    const { host, port } = destination;
    if (this.#allow.length === 0 || this.#allow.some((pattern) => fitsDestination(pattern, host, port))) return null;
    return `${name} is not allowed here`;
  }

  /** `null`: there are too many that have clients. */
  async #tapOf(name: string, server: Endpoint): Promise<DestinationTap | null> {
    const known = this.#destinations.get(name);
    if (known !== undefined) {
      this.#destinations.delete(name);
      this.#destinations.set(name, known);
      return known.opening;
    }
    if (this.#destinations.size >= MAX_DESTINATIONS && !this.#makeRoom()) return null;
    const { id, sockets } = this.config;
    const listen = formatEndpoint(this.#door.endpoint);
    const config = { id: `${id}/${name}`, name, server: name, listen, door: id, ...(sockets && { sockets }) };
    const opening = this.#surroundings.open(config, server, this.#keysOf(name, server), this.#door);
    const destination: Destination = { opening, tap: null };
    this.#destinations.set(name, destination);
    try {
      destination.tap = await opening;
    } catch (error) {
      this.#destinations.delete(name);
      throw error;
    }
    return opening;
  }

  #makeRoom(): boolean {
    for (const [name, { tap }] of this.#destinations) {
      if (tap?.tap.isIdle !== true) continue;
      this.#destinations.delete(name);
      void this.#surroundings.close(tap.config.id);
      return true;
    }
    return false;
  }

  #keysOf(name: string, server: Endpoint): TapSecurity | null {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const rule = this.#ruleOf(server);
    return rule === undefined ? this.#security : rule.security;
  }

  #ruleOf(server: Endpoint): KeyRule | undefined {
    if (server.transport !== "tcp") return undefined;
    return this.#rules.find(({ pattern }) => fitsDestination(pattern, server.host, server.port));
  }

  #isCommon({ config, tap }: DestinationTap): boolean {
    return !this.#remembered.has(config.server) && this.#ruleOf(tap.server) === undefined;
  }

  /** Clients try again every moment, so the same is told once. */
  #tell(code: string, what: string, message: string): void {
    const key = `${code} ${what}`;
    this.#surroundings.changed();
    if (this.#told.has(key)) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.add(key);
    this.#surroundings.turnedAway({ code, message });
  }

  #become(status: TapStatus, problem: string | null): void {
    this.#status = status;
    this.#problem = problem;
    this.#surroundings.changed();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readPattern(text: string): DestinationPattern {
  const pattern = readDestinationPattern(text);
  if ("problem" in pattern) throw badDestinationPattern(text, pattern.problem);
  return pattern;
}

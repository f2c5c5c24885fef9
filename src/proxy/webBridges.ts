import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SocketType } from "../shared/model.ts";
import { formatEndpointRule, type WebBridgeConfig, type WebBridgeState } from "../shared/webBridge.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import { WebRouters } from "./bridge/webRep.ts";
import { type WebFile, WebServer } from "./bridge/webServer.ts";
import { type WebCounts, type WebLink, type WebLinkFacts, type WebRefusal } from "./bridge/webSession.ts";
import { openWebContext } from "./bridge/webSocketKinds.ts";
import type { Engine } from "./engine.ts";
import { SocketLink } from "./socketLink.ts";

const NOTICE_MS = 100;
const MAX_BRIDGES = 20;
/** Rows of refusals of one bridge in a second; a page that tries without end would push everything else out of the log. */
const MAX_REFUSAL_ROWS = 10;

const CLIENT_FILES: readonly { readonly path: string; readonly type: string }[] = [
  { path: "/zmq.js", type: "text/javascript" },
  { path: "/zmq.d.ts", type: "text/plain" },
];

/** Socket types of the two ends of a page's link in the log, of which the first one connects. */
const ENDS: Readonly<Record<WebLinkFacts["type"], readonly [SocketType, SocketType]>> = {
  REQ: ["REQ", "REP"],
  SUB: ["SUB", "PUB"],
  // A ROUTER may have an identity, which a REP has not.
  REP: ["REQ", "ROUTER"],
};

type Entry = {
  readonly config: WebBridgeConfig;
  readonly counts: WebCounts;
  readonly opening: Promise<WebServer>;
  server: WebServer | null;
  status: WebBridgeState["status"];
  problem: string | null;
};

type Options = {
  /** Where `zmq.js` and `zmq.d.ts` lie. */
  readonly clientFolder: string;
  /** Told at most ten times a second. */
  readonly onChange: (bridges: readonly WebBridgeState[]) => void;
};

/** Web bridges of an engine, whose traffic is in its live capture as that of a tap of their name. */
export class WebBridges {
  readonly #engine: Engine;
  readonly #options: Options;
  readonly #entries = new Map<string, Entry>();
  #ticking: NodeJS.Timeout | undefined;
  #context: ReturnType<typeof openWebContext> | undefined;

  constructor(engine: Engine, options: Options) {
    this.#engine = engine;
    this.#options = options;
  }

  list(): readonly WebBridgeState[] {
    return [...this.#entries.values()].map(stateOf);
  }

  /** Starts a bridge; one of the same id that is stopped begins anew. Rejects with a UserError. */
  async start(config: WebBridgeConfig): Promise<WebBridgeState> {
    const before = this.#entries.get(config.id);
    if (before?.status === "listening") {
      await before.opening;
      return stateOf(before);
    }
    if (before === undefined && this.#entries.size >= MAX_BRIDGES) {
      throw new UserError("too-many-bridges", `${MAX_BRIDGES} web bridges are there already. Remove one first.`);
    }
    const counts: WebCounts = { sockets: 0, messages: 0, dropped: 0, refused: 0, timedOut: 0 };
    const opening = this.#listen(config, counts);
    const entry: Entry = { config, counts, opening, server: null, status: "listening", problem: null };
    this.#entries.set(config.id, entry);
    try {
      const server = await opening;
      // It may have been stopped meanwhile.
      if (entry.status === "listening") entry.server = server;
    } catch (error) {
      entry.status = "failed";
      entry.problem = toRefusal(error).message;
      throw error;
    } finally {
      this.#changed();
    }
    return stateOf(entry);
  }

  async stop(id: string): Promise<WebBridgeState> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new UserError("no-such-bridge", "This web bridge was removed. Start a new one.");
    entry.server = null;
    entry.status = "stopped";
    // One that failed to open has nothing to be closed.
    await entry.opening.then(
      (server) => server.close(),
      () => undefined,
    );
    this.#changed();
    return stateOf(entry);
  }

  async remove(id: string): Promise<void> {
    if (!this.#entries.has(id)) return;
    await this.stop(id);
    this.#entries.delete(id);
    this.#changed();
  }

  /** Everything is told again. */
  tellAll(): void {
    this.#changed();
  }

  /** Ends all bridges. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((id) => this.stop(id)));
    clearTimeout(this.#ticking);
  }

  async #listen(config: WebBridgeConfig, counts: WebCounts): Promise<WebServer> {
    // What was said is read from the first message on.
    await this.#engine.dialogue;
    const { access, highWaterMark, timeoutMs } = config;
    const maker = { ...(await (this.#context ??= openWebContext())), highWaterMark, timeoutMs };
    const services = {
      access,
      maker,
      counts,
      routers: new WebRouters(maker),
      openLink: (facts: WebLinkFacts) => this.#openLink(config, facts),
      onRefused: this.#refusals(config),
      onChange: () => this.#changed(),
    };
    return WebServer.listen(config.port, services, await clientFiles(this.#options.clientFolder));
  }

  #openLink({ id, name }: WebBridgeConfig, { type, identity, endpoint, browser, caller }: WebLinkFacts): WebLink {
    const [client, server] = ENDS[type];
    const there = endpoint.replace(/^tcp:\/\//, "");
    const own = Buffer.from(identity);
    const link = new SocketLink(
      {
        tap: { id, name },
        origin: "bridge",
        sockets: { client, server },
        // A SUB has no identity on the wire.
        addresses:
          type === "REP"
            ? { client: `back end ${caller}`, server: there }
            : { client: type === "SUB" ? `${browser} ${identity}` : browser, server: there },
        identity: type === "REP" ? { server: own } : { client: own },
      },
      this.#engine.openSocketLog,
    );
    return {
      message: (direction, frames, from) => {
        link.message(direction, frames, from);
        this.#changed();
      },
      close: () => link.closed(type === "REP" ? "server" : "client"),
    };
  }

  #refusals({ id, name }: WebBridgeConfig): (refusal: WebRefusal) => void {
    let second = 0;
    let rows = 0;
    return ({ browser, ...refusal }) => {
      const now = Math.floor(performance.now() / 1000);
      if (now !== second) [second, rows] = [now, 0];
      if (++rows <= MAX_REFUSAL_ROWS) {
        this.#engine.tellEvent({ id, name }, "refused", { from: browser, ...refusal });
      }
      this.#changed();
    };
  }

  #changed(): void {
    this.#ticking ??= setTimeout(() => {
      this.#ticking = undefined;
      this.#options.onChange(this.list());
    }, NOTICE_MS);
  }
}

function stateOf({ config, counts, server, status, problem }: Entry): WebBridgeState {
  return {
    id: config.id,
    name: config.name,
    status,
    url: server === null ? "" : server.url,
    problem,
    allowed: config.access.endpoints.map(formatEndpointRule),
    browsers: server?.browsers ?? 0,
    ...counts,
  };
}

/** What was built; where it was not, the rest works without. */
async function clientFiles(folder: string): Promise<ReadonlyMap<string, WebFile>> {
  const files = new Map<string, WebFile>();
  for (const { path, type } of CLIENT_FILES) {
    try {
      files.set(path, { type, text: await readFile(join(folder, path), "utf8") });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return files;
}

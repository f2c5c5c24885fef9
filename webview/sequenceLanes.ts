import type { Origin, Row, Side, SocketPair, TapId } from "../src/shared/model.ts";
import { t } from "../src/shared/l10n.ts";

/** Lanes that stay as they are, whatever is in sight; where there are more peers, only those in sight have one. */
const MAX_LASTING = 12;
/** Links that are remembered; the rest is learned again when it comes into sight. */
const MAX_LINKS = 5_000;
/** How ends of links are called that are sockets of ZMQ Tap itself, as of bridges. */
const OWN_ADDRESS = "ZMQ Tap";

/** A lifeline: one peer. */
export type Lane = {
  readonly key: string;
  /** Its identity, or its address. Of a server of one tap the name of the tap. */
  readonly name: string;
  /** Socket type, and what the name does not say. */
  readonly detail: string;
};

export type Ends = { readonly client: string; readonly server: string };

type Peer = { readonly address: string; readonly identity: string };

type Link = {
  readonly tap: TapId;
  readonly tapName: string;
  readonly origin: Origin;
  readonly sockets: SocketPair;
  readonly client: Peer;
  readonly server: Peer;
};

const UNKNOWN: Peer = { address: "", identity: "" };

/**
 * Who stands where in a sequence diagram, as far as rows have told: a lane for each client, by its identity where it has
 * one, so that one which connects again keeps its lane; and for each tap a lane for its server. Lanes have one order,
 * whatever comes into sight first.
 */
export class Lanes {
  readonly #links = new Map<number, Link>();
  readonly #taps = new Map<TapId, number>();
  /** The lanes of all links, until more is learned. */
  #lanes: readonly Lane[] | null = null;

  /** Takes rows that were read. Whether a peer is new or known better now. */
  learn(rows: readonly Row[]): boolean {
    let isChanged = false;
    for (const row of rows) isChanged = this.#take(row) || isChanged;
    if (isChanged) this.#lanes = null;
    return isChanged;
  }

  forget(): void {
    this.#links.clear();
    this.#taps.clear();
    this.#lanes = null;
  }

  /** Between which lanes a row goes; `null` for what is of no link. */
  endsOf({ link }: Pick<Row, "link">): Ends | null {
    const known = this.#links.get(link);
    return known === undefined ? null : endsOf(link, known);
  }

  /** The lanes for rows in sight, in their order. */
  shown(rows: readonly Pick<Row, "link">[]): readonly Lane[] {
    this.#lanes ??= this.#lanesOf(this.#links);
    if (this.#lanes.length <= MAX_LASTING) return this.#lanes;
    const inSight = new Set(rows.map(({ link }) => link));
    return this.#lanesOf([...this.#links].filter(([link]) => inSight.has(link)));
  }

  #lanesOf(links: Iterable<readonly [number, Link]>): readonly Lane[] {
    const byTap = new Map<TapId, { readonly clients: Map<string, Lane>; readonly servers: Map<string, Lane> }>();
    const place = ({ tap }: Link): number => this.#taps.get(tap) ?? 0;
    const sorted = [...links].sort(([a, one], [b, other]) => place(one) - place(other) || a - b);
    for (const [number, link] of sorted) {
      let lanes = byTap.get(link.tap);
      if (lanes === undefined) byTap.set(link.tap, (lanes = { clients: new Map(), servers: new Map() }));
      const { client, server } = endsOf(number, link);
      lanes.clients.set(client, clientLane(client, link, number, lanes.clients.get(client)));
      lanes.servers.set(server, serverLane(server, link, lanes.servers.get(server)));
    }
    return [...byTap.values()].flatMap(({ clients, servers }) => {
      // A bridge stands between its clients and its servers.
      const own = [...clients.keys()].filter((key) => servers.has(key));
      return [
        ...[...clients.values()].filter(({ key }) => !own.includes(key)),
        ...own.map((key) => servers.get(key)!),
        ...[...servers.values()].filter(({ key }) => !own.includes(key)),
      ];
    });
  }

  #take(row: Row): boolean {
    if (row.link === 0) return false;
    const before = this.#links.get(row.link);
    // What is of the link as a whole names its client.
    const side: Side = row.from ?? "client";
    const peer = before?.[side];
    const told = readPeer(row.peer);
    const isNews =
      before === undefined ||
      (peer!.address === "" && told.address !== "") ||
      (peer!.identity === "" && told.identity !== "") ||
      (before.sockets.client === null && row.sockets.client !== null);
    if (!isNews) return false;
    if (!this.#taps.has(row.tap)) this.#taps.set(row.tap, this.#taps.size);
    const { tap, tapName, origin, sockets } = row;
    const { client = UNKNOWN, server = UNKNOWN } = before ?? {};
    this.#links.delete(row.link);
    this.#links.set(row.link, { tap, tapName, origin, sockets, client, server, [side]: told });
    if (this.#links.size > MAX_LINKS) this.#links.delete(this.#links.keys().next().value!);
    return true;
  }
}

/** `127.0.0.1:51880 (gui-7)` as a row has it. */
function readPeer(text: string): Peer {
  const [, address = text, identity = ""] = /^(\S+) \((.+)\)$/su.exec(text) ?? [];
  return { address, identity };
}

function endsOf(link: number, { tap, origin, client, server }: Link): Ends {
  const own = `own ${tap}`;
  if (origin === "bridge") {
    return {
      client: client.address === OWN_ADDRESS ? own : `client ${tap} ${client.identity || link}`,
      server: server.address === OWN_ADDRESS ? own : `server ${tap} ${server.address}`,
    };
  }
  return {
    client: origin === "wire" ? `client ${tap} ${client.identity || link}` : `${origin} ${tap}`,
    server: t("server {0}", tap),
  };
}

function clientLane(key: string, link: Link, number: number, known: Lane | undefined): Lane {
  const { origin, client, sockets, tapName } = link;
  if (origin === "call" || origin === "replay") return { key, name: "ZMQ Tap", detail: joined(sockets.client, origin) };
  if (client.address === OWN_ADDRESS) return { key, name: tapName, detail: "bridge" };
  const address = shortAddress(client.address);
  const name = client.identity || address || t("link {0}", number);
  // A client that came again has another port, and several sockets of one identity several types.
  if (known !== undefined && client.identity !== "")
    return { ...known, detail: joined(sockets.client ?? known.detail) };
  return { key, name, detail: joined(sockets.client, client.identity === "" ? "" : address) };
}

function serverLane(key: string, link: Link, known: Lane | undefined): Lane {
  const { origin, server, sockets, tapName } = link;
  if (server.address === OWN_ADDRESS) return { key, name: tapName, detail: "bridge" };
  const address = shortAddress(server.address);
  if (origin === "bridge") return { key, name: server.identity || address || tapName, detail: joined(sockets.server) };
  const detail = joined(sockets.server, server.identity || address);
  // One link may tell more of the server than the next one.
  return {
    key,
    name: tapName,
    detail: known !== undefined && known.detail.length > detail.length ? known.detail : detail,
  };
}

function joined(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join(" · ");
}

/** An address of this machine by its port alone. */
export function shortAddress(address: string): string {
  return address.replace(/^(?:127\.0\.0\.1|localhost|\[::1\])(?=:\d+$)/, "");
}

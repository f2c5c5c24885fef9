import { type Finding, SEVERITIES, type Severity } from "../../shared/findings.ts";
import { writeEquals } from "../../shared/filter/write.ts";
import type { TapStatus } from "../../shared/model.ts";
import type { LinkRow, TopologyNode, TopologyPicture } from "../../shared/pictures.ts";

const MAX_NODES = 200;
const MAX_EDGES = 500;
const MAX_DETAILS = 3;
/** Links, in runs of following numbers, that a filter names one by one. */
const MAX_RUNS = 20;

/** A tap or bridge as it stands now. */
export type TopologyTap = {
  readonly id: string;
  readonly name: string;
  readonly kind: "tap" | "bridge";
  readonly status: TapStatus;
  /** Its listen endpoint; empty where there is none. */
  readonly listening: string;
};

type Node = Omit<TopologyNode, "details" | "severity" | "status"> & {
  status: TopologyNode["status"];
  readonly details: Set<string>;
  severity: Severity | null;
  messages: number;
};

type Edge = {
  readonly from: string;
  readonly to: string;
  readonly links: number[];
  mechanism: string | null;
  readonly perSecond: [number, number];
  readonly messages: [number, number];
  severity: Severity | null;
};

/** Who talks to whom, from the rows of links, the newest first. */
export function topologyOf(
  links: readonly LinkRow[],
  more: {
    readonly taps: readonly TopologyTap[];
    readonly findings: readonly Finding[];
    readonly perSecond: (link: number) => readonly [number, number];
  },
): TopologyPicture {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const worst = worstByLink(more.findings);
  for (const tap of more.taps) nodes.set(tapNode(tap.id), newNode(tapNode(tap.id), tap.kind, tap.name, tap.status));
  const listening = new Map(more.taps.map(({ id, listening: endpoint }) => [addressOf(endpoint), tapNode(id)]));
  listening.delete("");
  for (const link of links) {
    const isOpen = link.closedMs === null;
    const tap = place(nodes, tapNode(link.tap), link.origin === "bridge" ? "bridge" : "tap", link.tapName, "gone");
    const client = peer(nodes, link, "client", null);
    const server = peer(nodes, link, "server", listening.get(link.server) ?? null);
    const severity = worst.get(link.link) ?? null;
    const rates = isOpen ? more.perSecond(link.link) : ([0, 0] as const);
    for (const [from, to] of [
      [client, tap],
      [tap, server],
    ] as const) {
      connect(edges, from, to, link, rates, severity);
      from.messages += link.messages[0] + link.messages[1];
    }
    server.messages += link.messages[0] + link.messages[1];
    for (const node of [client, tap, server]) {
      node.severity = worse(node.severity, severity);
      if (isOpen && node.status === "gone") node.status = "open";
    }
  }
  for (const { tap, link, severity } of more.findings) {
    const node = link === null ? nodes.get(tapNode(tap)) : undefined;
    if (node !== undefined) node.severity = worse(node.severity, severity);
  }
  return readPicture([...nodes.values()], [...edges.values()]);
}

function readPicture(nodes: readonly Node[], edges: readonly Edge[]): TopologyPicture {
  const isPeer = ({ kind }: Node): boolean => kind === "client" || kind === "server";
  const order = [...nodes].sort((a, b) => Number(isPeer(a)) - Number(isPeer(b)) || b.messages - a.messages);
  const shown = order.slice(0, MAX_NODES);
  const ids = new Set(shown.map(({ id }) => id));
  return {
    nodes: shown.map(({ messages: _, details, ...node }) => ({ ...node, details: [...details].slice(0, MAX_DETAILS) })),
    edges: edges
      .filter(({ from, to }) => ids.has(from) && ids.has(to))
      .sort((a, b) => b.messages[0] + b.messages[1] - a.messages[0] - a.messages[1])
      .slice(0, MAX_EDGES)
      .map(({ links, ...edge }) => ({ ...edge, links: links.length, filter: filterOf(links) })),
    otherPeers: order.slice(MAX_NODES).filter(isPeer).length,
  };
}

function connect(
  edges: Map<string, Edge>,
  from: Node,
  to: Node,
  link: LinkRow,
  rates: readonly [number, number],
  severity: Severity | null,
): void {
  const key = `${from.id}\0${to.id}`;
  let edge = edges.get(key);
  if (edge === undefined) {
    edge = {
      from: from.id,
      to: to.id,
      links: [],
      mechanism: null,
      perSecond: [0, 0],
      messages: [0, 0],
      severity: null,
    };
    edges.set(key, edge);
  }
  edge.links.push(link.link);
  edge.mechanism ??= link.mechanism;
  edge.severity = worse(edge.severity, severity);
  for (const direction of [0, 1] as const) {
    edge.perSecond[direction] += rates[direction];
    edge.messages[direction] += link.messages[direction];
  }
}

/** Peers of the same host, socket type, identity and program are one, since clients come from ever new ports. */
function peer(nodes: Map<string, Node>, link: LinkRow, side: "client" | "server", known: string | null): Node {
  const through = known === null ? undefined : nodes.get(known);
  if (through !== undefined) return through;
  const address = link[side];
  const socket = link.sockets[side];
  const identity = link.identity[side];
  const program = link.process[side];
  const label = side === "client" ? hostOf(address) : isNumbered(address) ? "ipc" : address;
  // A server is where it listens, whatever else is known of it.
  const parts = side === "client" ? [label, socket ?? "", identity, program] : [label, label === "ipc" ? link.tap : ""];
  const node = place(nodes, `${side} ${parts.join(" ")}`, side, label, "gone", socket);
  if (program !== "") node.details.add(program);
  if (identity !== "") node.details.add(`identity ${identity}`);
  return node;
}

function place(
  nodes: Map<string, Node>,
  id: string,
  kind: TopologyNode["kind"],
  label: string,
  status: TopologyNode["status"],
  socket: string | null = null,
): Node {
  let node = nodes.get(id);
  if (node === undefined) {
    node = newNode(id, kind, label, status, socket);
    nodes.set(id, node);
  }
  return node;
}

function newNode(
  id: string,
  kind: TopologyNode["kind"],
  label: string,
  status: TopologyNode["status"],
  socket: string | null = null,
): Node {
  return { id, kind, label, details: new Set(), socket, status, severity: null, messages: 0 };
}

function tapNode(tap: string): string {
  return `tap ${tap}`;
}

/** `127.0.0.1` of `127.0.0.1:51876`; ends without a port are whole, but for the number that tells ipc clients apart. */
function hostOf(address: string): string {
  if (isNumbered(address)) return address.slice(0, address.lastIndexOf(" #"));
  const port = /:\d+$/.exec(address);
  return port === null ? address : address.slice(0, port.index);
}

/** `ipc #3`: a connection without an address. */
function isNumbered(address: string): boolean {
  return / #\d+$/.test(address);
}

/** `127.0.0.1:5556` of `tcp://127.0.0.1:5556`. */
function addressOf(endpoint: string): string {
  return /^tcp:\/\/(.+)$/.exec(endpoint)?.[1] ?? "";
}

/** A filter that shows the rows of these links. */
function filterOf(links: readonly number[]): string {
  const sorted = [...links].sort((a, b) => a - b);
  const [first = 0] = sorted;
  if (sorted.length === 1) return writeEquals("conn", first);
  const runs: [number, number][] = [];
  for (const link of sorted) {
    const run = runs.at(-1);
    if (run?.[1] === link - 1) run[1] = link;
    else runs.push([link, link]);
  }
  // With too many the newest are those that are looked for.
  const shown = runs.slice(-MAX_RUNS).map(([from, to]) => (from === to ? String(from) : `${from}..${to}`));
  return `conn in {${shown.join(", ")}}`;
}

function worstByLink(findings: readonly Finding[]): Map<number, Severity> {
  const worst = new Map<number, Severity>();
  for (const { link, severity } of findings) {
    if (link === null) continue;
    const known = worst.get(link) ?? null;
    worst.set(link, worse(known, severity) ?? severity);
  }
  return worst;
}

function worse(a: Severity | null, b: Severity | null): Severity | null {
  if (a === null || b === null) return a ?? b;
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}

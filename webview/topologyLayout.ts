import type { Severity } from "../src/shared/findings.ts";
import type { TopologyEdge, TopologyNode, TopologyPicture } from "../src/shared/pictures.ts";
import { formatCount } from "./format.ts";
import { type Colour, fitText, mark, type MarkName, type Shape } from "./shapes.ts";
import { t } from "../src/shared/l10n.ts";
import { decimalNumber } from "../src/shared/numbers.ts";

/** Sizes in px. */
const NODE_PX = 212;
const NODE_HEAD_PX = 31;
const LINE_PX = 15;
const GAP_PX = 16;
const BLOCK_GAP_PX = 34;
const MARGIN_PX = 20;
const EDGE_MIN_PX = 150;
const EDGE_MAX_PX = 300;

/** Columns from the left: who connects, what stands between, who listens. */
const COLUMN: Readonly<Record<TopologyNode["kind"], number>> = { client: 0, tap: 1, bridge: 1, server: 2 };

export type PlacedNode = TopologyNode & {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly column: number;
};

export type PlacedEdge = TopologyEdge & {
  readonly index: number;
  readonly start: readonly [number, number];
  readonly end: readonly [number, number];
  /**
   * Where what is written on it stands: beside the end with fewer edges, the outer one where they have as many, on the side
   * that the line does not bend to.
   */
  readonly label: {
    readonly x: number;
    readonly y: number;
    readonly anchor: "start" | "end";
    readonly isBelow: boolean;
  };
  readonly d: string;
};

export type TopologyLayout = {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
};

/**
 * Places who talks to whom in three columns. What is joined by edges lies together in a block, one block below the other;
 * within a block each column is ordered by whom its nodes talk to, and stands in the middle of the block's height.
 */
export function layOutTopology({ nodes, edges }: TopologyPicture, roomPx: number): TopologyLayout {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const drawn = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const spare = (roomPx - 2 * MARGIN_PX - 3 * NODE_PX) / 2;
  const edgePx = Math.round(Math.min(EDGE_MAX_PX, Math.max(EDGE_MIN_PX, spare)));
  const width = 2 * MARGIN_PX + 3 * NODE_PX + 2 * edgePx;
  const placed = new Map<string, PlacedNode>();
  let top = MARGIN_PX;
  for (const block of blocksOf(nodes, drawn)) {
    const columns = orderedColumns(block, drawn);
    const heights = columns.map((column) => stackHeight(column));
    const height = Math.max(...heights);
    for (const [index, column] of columns.entries()) {
      let y = top + (height - heights[index]!) / 2;
      for (const node of column) {
        const x = MARGIN_PX + index * (NODE_PX + edgePx);
        placed.set(node.id, { ...node, x, y, width: NODE_PX, height: nodeHeight(node), column: index });
        y += nodeHeight(node) + GAP_PX;
      }
    }
    top += height + BLOCK_GAP_PX;
  }
  return {
    nodes: nodes.map(({ id }) => placed.get(id)!),
    edges: placeEdges(drawn, placed),
    width,
    height: Math.max(2 * MARGIN_PX, top - BLOCK_GAP_PX + MARGIN_PX),
  };
}

function nodeHeight(node: TopologyNode): number {
  return NODE_HEAD_PX + linesOf(node).length * LINE_PX;
}

function stackHeight(nodes: readonly TopologyNode[]): number {
  return nodes.reduce((sum, node) => sum + nodeHeight(node) + GAP_PX, -GAP_PX);
}

/** Nodes that are joined, in the order of the first of each. */
function blocksOf(
  nodes: readonly TopologyNode[],
  edges: readonly TopologyEdge[],
): readonly (readonly TopologyNode[])[] {
  const root = new Map(nodes.map(({ id }) => [id, id]));
  const find = (id: string): string => {
    let at = id;
    for (let next = root.get(at)!; next !== at; next = root.get(at)!) at = next;
    root.set(id, at);
    return at;
  };
  for (const { from, to } of edges) root.set(find(from), find(to));
  const blocks = new Map<string, TopologyNode[]>();
  for (const node of nodes) {
    const at = find(node.id);
    const block = blocks.get(at);
    if (block === undefined) blocks.set(at, [node]);
    else block.push(node);
  }
  return [...blocks.values()];
}

/** The three columns of a block; the outer ones follow the middle one, which follows the order of the picture. */
function orderedColumns(
  block: readonly TopologyNode[],
  edges: readonly TopologyEdge[],
): readonly (readonly TopologyNode[])[] {
  const [clients, between, servers] = [0, 1, 2].map((column) => block.filter(({ kind }) => COLUMN[kind] === column));
  const place = new Map(between!.map(({ id }, index) => [id, index]));
  const neighbours = new Map<string, number[]>();
  for (const { from, to } of edges) {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const at = place.get(other);
      if (at === undefined) continue;
      const known = neighbours.get(one);
      if (known === undefined) neighbours.set(one, [at]);
      else known.push(at);
    }
  }
  const mean = ({ id }: TopologyNode): number => {
    const places = neighbours.get(id) ?? [];
    return places.length === 0 ? place.size : places.reduce((sum, at) => sum + at, 0) / places.length;
  };
  const byNeighbours = (column: readonly TopologyNode[]): readonly TopologyNode[] =>
    column
      .map((node) => ({ node, at: mean(node) }))
      .sort((one, other) => one.at - other.at)
      .map(({ node }) => node);
  return [byNeighbours(clients!), between!, byNeighbours(servers!)];
}

function placeEdges(edges: readonly TopologyEdge[], placed: ReadonlyMap<string, PlacedNode>): readonly PlacedEdge[] {
  /** Edges at each side of each node, so that they part evenly. */
  const ports = new Map<string, { readonly edge: TopologyEdge; readonly towards: number }[]>();
  const side = (node: PlacedNode, other: PlacedNode): "left" | "right" =>
    other.column < node.column ? "left" : "right";
  const port = (node: PlacedNode, other: PlacedNode): string => `${side(node, other)} ${node.id}`;
  for (const edge of edges) {
    const [from, to] = [placed.get(edge.from)!, placed.get(edge.to)!];
    for (const [node, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const key = port(node, other);
      const known = ports.get(key);
      const towards = other.y + other.height / 2;
      if (known === undefined) ports.set(key, [{ edge, towards }]);
      else known.push({ edge, towards });
    }
  }
  for (const port of ports.values()) port.sort((one, other) => one.towards - other.towards);
  const at = (node: PlacedNode, other: PlacedNode, edge: TopologyEdge): readonly [number, number] => {
    const all = ports.get(port(node, other))!;
    const share = (all.findIndex((one) => one.edge === edge) + 1) / (all.length + 1);
    // Few edges meet near the middle.
    const spread = Math.min(node.height - 12, all.length * 14);
    const y = node.y + node.height / 2 + (share - 0.5) * spread;
    return [side(node, other) === "left" ? node.x : node.x + node.width, y];
  };
  return edges.map((edge, index) => {
    const [from, to] = [placed.get(edge.from)!, placed.get(edge.to)!];
    const [start, end] = [at(from, to, edge), at(to, from, edge)];
    const bend = from.column === to.column ? EDGE_MIN_PX / 2 : Math.abs(end[0] - start[0]) / 2;
    const c1 = start[0] + (side(from, to) === "right" ? bend : -bend);
    const c2 = end[0] + (side(to, from) === "right" ? bend : -bend);
    const d = `M${round(start[0])} ${round(start[1])} C${round(c1)} ${round(start[1])} ${round(c2)} ${round(end[1])} ${round(end[0])} ${round(end[1])}`;
    const atStart = ports.get(port(from, to))!.length;
    const atEnd = ports.get(port(to, from))!.length;
    const isAtEnd = atStart === atEnd ? from.column === 1 && to.column !== 1 : atEnd < atStart;
    const outer = isAtEnd ? end : start;
    const isAtLeft = isAtEnd ? side(to, from) === "right" : side(from, to) === "right";
    const isBelow = (outer === start ? end : start)[1] < outer[1] - 4;
    const anchor = isAtLeft ? "start" : "end";
    const label = { x: outer[0] + (isAtLeft ? 10 : -10), y: outer[1] + (isBelow ? 15 : -7), anchor, isBelow } as const;
    return { ...edge, index, start, end, label, d };
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const SEVERITY: Readonly<
  Record<Severity, { readonly mark: MarkName; readonly colour: Colour; readonly word: string }>
> = {
  note: { mark: "note", colour: "note", word: t("has a note") },
  warning: { mark: "warning", colour: "warning", word: t("has a warning") },
  error: { mark: "error", colour: "error", word: t("has an error") },
};

/** What stands beside a node whose status is not the usual one. */
const STATUS: Readonly<Record<TopologyNode["status"], { readonly word: string; readonly colour: Colour } | null>> = {
  open: null,
  listening: null,
  starting: { word: t("starting"), colour: "quiet" },
  "server-down": { word: t("server down"), colour: "warning" },
  stopped: { word: t("stopped"), colour: "quiet" },
  failed: { word: t("failed"), colour: "error" },
  gone: { word: t("gone"), colour: "quiet" },
};

export function statusWord({ status }: Pick<TopologyNode, "status">): string {
  return STATUS[status]?.word ?? "";
}

const IDENTITY = "identity ";

/** What a node is called: its identity where it has one, since several programs have the same address. */
export function nodeTitle({ label, details }: Pick<TopologyNode, "label" | "details">): string {
  return details.find((line) => line.startsWith(IDENTITY))?.slice(IDENTITY.length) ?? label;
}

/** What stands below its title: what it is, and what the title does not say. */
function linesOf({ kind, socket, label, details, status }: TopologyNode): readonly string[] {
  const what = kind === "tap" ? t("tap") : kind === "bridge" ? t("bridge") : (socket ?? "");
  // What its status is stands at the end of that line.
  const first = what === "" && STATUS[status] === null ? [] : [what];
  return [...first, ...details.map((line) => (line.startsWith(IDENTITY) ? label : line))];
}

/** A node as a box, from its own corner on. */
export function nodeShapes(node: PlacedNode, letterPx: number): readonly Shape[] {
  const { width, height, severity, status, kind } = node;
  const state = STATUS[status];
  const isOurs = kind === "tap" || kind === "bridge";
  const found = severity === null ? null : SEVERITY[severity];
  const edge: Colour = found !== null && severity !== "note" ? found.colour : isOurs ? "request" : "line";
  const letters = (width - 24) / letterPx;
  const markPx = found === null ? 0 : 20;
  return [
    {
      kind: "rect",
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: height - 1,
      radius: isOurs ? 8 : 4,
      fill: "raised",
      edge,
      widthPx: found !== null && severity !== "note" ? 1.5 : 1,
      ...(status === "gone" || status === "stopped" ? { dash: "dashed" as const } : {}),
    },
    {
      kind: "text",
      x: 12,
      y: 19,
      text: fitText(nodeTitle(node), letters - markPx / letterPx),
      colour: status === "gone" ? "quiet" : "text",
      isBold: true,
    },
    ...(state === null
      ? []
      : [
          {
            kind: "text",
            x: width - 12,
            y: 35,
            text: state.word,
            colour: state.colour,
            anchor: "end",
            isSmall: true,
          } as const,
        ]),
    ...(found === null ? [] : [mark(found.mark, width - 17, 15, found.colour)]),
    ...linesOf(node).map(
      (text, index) =>
        ({
          kind: "text",
          x: 12,
          y: 35 + index * LINE_PX,
          text: fitText(text, letters * 1.09 - (index === 0 && state !== null ? state.word.length + 1 : 0)),
          colour: "quiet",
          isSmall: true,
        }) as const,
    ),
  ];
}

/** The line of an edge, and what is written on it. */
export function edgeShapes(edge: PlacedEdge, letterPx: number): readonly Shape[] {
  const { d, label, severity, mechanism, perSecond } = edge;
  const found = severity === null ? null : SEVERITY[severity];
  const isBusy = perSecond[0] + perSecond[1] > 0;
  const colour: Colour = found !== null && severity !== "note" ? found.colour : isBusy ? "request" : "quiet";
  const text = fitText(edgeText(edge), 24);
  const isLocked = isSecure(mechanism);
  const marks: readonly { readonly name: MarkName; readonly colour: Colour }[] = [
    ...(isLocked ? [{ name: "lock", colour: "quiet" } as const] : []),
    ...(found === null ? [] : [{ name: found.mark, colour: found.colour }]),
  ];
  const marksPx = marks.length * 16;
  const step = label.anchor === "start" ? 1 : -1;
  return [
    { kind: "path", d, colour, widthPx: isBusy ? 1.6 : 1.1 },
    ...marks.map(({ name, colour: its }, index) => mark(name, label.x + step * (6 + index * 16), label.y - 4, its)),
    {
      kind: "text",
      x: label.x + step * marksPx,
      y: label.y,
      text,
      colour: isBusy ? "text" : "quiet",
      anchor: label.anchor,
      isSmall: true,
    },
    ...(isLocked
      ? [
          {
            kind: "text",
            x: label.x,
            y: label.y + (label.isBelow ? 14 : -14),
            text: fitText(mechanism!, 120 / letterPx),
            colour: "quiet",
            anchor: label.anchor,
            isSmall: true,
          } as const,
        ]
      : []),
  ];
}

/** Whether a link is locked on the wire. */
function isSecure(mechanism: string | null): boolean {
  return mechanism !== null && mechanism !== "NULL" && mechanism !== "HTTP";
}

/** Rates along the edge and against it while there are some, else how many messages there were. */
export function edgeText({ perSecond, messages, links }: TopologyEdge): string {
  const isBusy = perSecond[0] + perSecond[1] > 0;
  const [along, against] = isBusy ? perSecond.map((one) => (one > 0 ? `${rate(one)}/s` : "")) : messages.map(count);
  return [
    ...(links > 1 ? [t("{0} links", formatCount(links))] : []),
    ...(along === "" ? [] : [`→ ${along!}`]),
    ...(against === "" ? [] : [`← ${against!}`]),
  ].join(" · ");
}

function count(messages: number): string {
  return messages === 0 ? "" : formatCount(messages);
}

/** Less than ten with one digit behind the point. */
function rate(perSecond: number): string {
  return perSecond < 9.95 && !Number.isInteger(perSecond)
    ? decimalNumber(perSecond, 1)
    : formatCount(Math.round(perSecond));
}

function kindWords(kind: TopologyNode["kind"], label: string): string {
  switch (kind) {
    case "client":
      return t("client {0}", label);
    case "tap":
      return t("tap {0}", label);
    case "bridge":
      return t("bridge {0}", label);
    case "server":
      return t("server {0}", label);
  }
}

/** A node in words. */
export function nodeWords({ kind, label, socket, details, severity, status }: TopologyNode): string {
  const state = STATUS[status];
  return [
    kindWords(kind, label),
    ...(socket === null ? [] : [socket]),
    ...(state === null ? [] : [state.word]),
    ...details,
    ...(severity === null ? [] : [SEVERITY[severity].word]),
  ].join(", ");
}

/** An edge in words; `nameOf` says what its ends are called. */
export function edgeWords(edge: TopologyEdge, nameOf: (id: string) => string): string {
  const { from, to, mechanism, severity, messages } = edge;
  return [
    t(
      edge.links === 1 ? "{0} to {1}, {2} link" : "{0} to {1}, {2} links",
      nameOf(from),
      nameOf(to),
      formatCount(edge.links),
    ),
    ...(mechanism === null ? [] : [mechanism]),
    t("{0} messages there, {1} back", formatCount(messages[0]), formatCount(messages[1])),
    ...(edge.perSecond[0] + edge.perSecond[1] > 0
      ? [t("{0} per second there, {1} back", rate(edge.perSecond[0]), rate(edge.perSecond[1]))]
      : []),
    ...(severity === null ? [] : [SEVERITY[severity].word]),
  ].join(", ");
}

/** All of it as shapes, for a file. */
export function topologyShapes({ nodes, edges }: TopologyLayout, letterPx: number): readonly Shape[] {
  return [
    ...edges.flatMap((edge) => edgeShapes(edge, letterPx)),
    ...nodes.map((node): Shape => ({
      kind: "group",
      x: node.x,
      y: node.y,
      shapes: nodeShapes(node, letterPx),
      title: nodeWords(node),
    })),
  ];
}

/** Where the keyboard can stand: nodes by their columns, and edges between these. */
export type Spot = { readonly id: string; readonly column: number; readonly y: number };

export function spotsOf({ nodes, edges }: TopologyLayout): readonly Spot[] {
  const columns = new Map(nodes.map(({ id, column }) => [id, column]));
  return [
    ...nodes.map(({ id, column, y, height }) => ({ id: `node ${id}`, column: 2 * column, y: y + height / 2 })),
    ...edges.map(({ index, from, to, label }) => ({
      id: `edge ${index}`,
      column: columns.get(from)! + columns.get(to)!,
      y: label.y,
    })),
  ];
}

/** The spot that an arrow key leads to; the same one at an edge of the picture. */
export function nextSpot(spots: readonly Spot[], current: Spot, key: string): Spot {
  const others = spots.filter((spot) => spot !== current);
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  const sign = key === "ArrowUp" || key === "ArrowLeft" ? -1 : 1;
  const candidates = isVertical
    ? others.filter((spot) => spot.column === current.column && sign * (spot.y - current.y) >= 0)
    : others.filter((spot) => sign * (spot.column - current.column) > 0);
  const distance = (spot: Spot): number =>
    isVertical
      ? Math.abs(spot.y - current.y)
      : Math.abs(spot.column - current.column) * 10_000 + Math.abs(spot.y - current.y);
  return (
    candidates.reduce<Spot | null>(
      (best, spot) => (best === null || distance(spot) < distance(best) ? spot : best),
      null,
    ) ?? current
  );
}

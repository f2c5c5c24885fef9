import assert from "node:assert/strict";
import { test } from "node:test";
import type { TopologyEdge, TopologyNode, TopologyPicture } from "../../src/shared/pictures.ts";
import type { Shape } from "../../webview/shapes.ts";
import { writeSvg } from "../../webview/svgFile.ts";
import {
  edgeShapes,
  edgeText,
  edgeWords,
  layOutTopology,
  nextSpot,
  nodeShapes,
  nodeWords,
  spotsOf,
  topologyShapes,
} from "../../webview/topologyLayout.ts";

const node = (id: string, kind: TopologyNode["kind"], part: Partial<TopologyNode> = {}): TopologyNode => ({
  id,
  kind,
  label: id,
  details: [],
  socket: kind === "client" ? "REQ" : kind === "server" ? "REP" : null,
  status: kind === "tap" ? "listening" : "open",
  severity: null,
  ...part,
});
const edge = (from: string, to: string, part: Partial<TopologyEdge> = {}): TopologyEdge => ({
  from,
  to,
  links: 1,
  mechanism: "NULL",
  perSecond: [0, 0],
  messages: [3, 2],
  severity: null,
  filter: `tap == "${to}"`,
  ...part,
});

/** Two taps of one server with clients of their own, and a system apart. */
const picture: TopologyPicture = {
  nodes: [
    node("c1", "client", { details: ["gui-7"] }),
    node("c2", "client"),
    node("c3", "client"),
    node("orders", "tap"),
    node("market", "tap"),
    node("s1", "server"),
    node("lonely", "tap"),
    node("s2", "server"),
  ],
  edges: [
    edge("c3", "market"),
    edge("c1", "orders"),
    edge("c2", "orders"),
    edge("orders", "s1"),
    edge("market", "s1"),
    edge("lonely", "s2"),
    edge("c1", "nowhere"),
  ],
  otherPeers: 0,
};

const texts = (shapes: readonly Shape[]): readonly string[] =>
  shapes.flatMap((shape) => (shape.kind === "text" ? [shape.text] : shape.kind === "group" ? texts(shape.shapes) : []));

test("layOutTopology puts clients left, taps in the middle and servers right, and none above another", () => {
  const { nodes, width, height } = layOutTopology(picture, 1000);
  for (const { kind, column, x, y, width: own, height: tall } of nodes) {
    assert.equal(column, { client: 0, tap: 1, bridge: 1, server: 2 }[kind]);
    assert.ok(x >= 0 && x + own <= width && y >= 0 && y + tall <= height);
  }
  for (const one of nodes) {
    for (const other of nodes) {
      if (one === other || one.column !== other.column) continue;
      assert.ok(one.y + one.height <= other.y || other.y + other.height <= one.y, `${one.id} ${other.id}`);
    }
  }
});

test("layOutTopology orders clients by the taps they talk to, so that edges do not cross", () => {
  const { nodes } = layOutTopology(picture, 1000);
  const y = (id: string): number => nodes.find((one) => one.id === id)!.y;
  assert.ok(y("c1") < y("c2") && y("c2") < y("c3"));
  assert.ok(y("orders") < y("market"));
  // What is not joined stands below.
  assert.ok(y("lonely") > y("c3") && y("s2") > y("s1"));
});

test("layOutTopology leaves out edges to peers that are not drawn, and has room for labels however narrow it is", () => {
  const { edges, width } = layOutTopology(picture, 100);
  assert.equal(edges.length, 6);
  assert.ok(width > 3 * 200);
  for (const { start, end } of edges) assert.ok(end[0] - start[0] >= 150);
});

test("layOutTopology draws taps that lead to taps, and a picture without anybody", () => {
  const chain: TopologyPicture = {
    nodes: [node("a", "tap"), node("b", "tap")],
    edges: [edge("a", "b")],
    otherPeers: 0,
  };
  const { edges } = layOutTopology(chain, 1000);
  assert.match(edges[0]!.d, /^M[\d. -]+C[\d. -]+$/);
  assert.deepEqual(layOutTopology({ nodes: [], edges: [], otherPeers: 0 }, 1000).nodes, []);
});

test("layOutTopology lays out as many peers as a picture has, in moments", () => {
  const nodes = Array.from({ length: 199 }, (_, i) => node(`c${i}`, "client"));
  const many: TopologyPicture = {
    nodes: [...nodes, node("tap", "tap")],
    edges: Array.from({ length: 500 }, (_, i) => edge(`c${i % 199}`, "tap")),
    otherPeers: 7,
  };
  assert.equal(layOutTopology(many, 1000).edges.length, 500);
});

test("A node says its name, socket and small print, and what is wrong by mark and word", () => {
  const [first] = layOutTopology(
    { ...picture, nodes: [node("c1", "client", { details: ["python3 (4711)"] })] },
    1000,
  ).nodes;
  assert.deepEqual(texts(nodeShapes(first!, 7.2)), ["c1", "REQ", "python3 (4711)"]);
  const down = layOutTopology(
    { ...picture, nodes: [node("t", "tap", { status: "server-down", severity: "error" })] },
    1000,
  );
  assert.deepEqual(texts(nodeShapes(down.nodes[0]!, 7.2)), ["t", "server down", "tap"]);
  assert.equal(nodeShapes(down.nodes[0]!, 7.2).filter(({ kind }) => kind === "group").length, 1);
  assert.equal(nodeWords(down.nodes[0]!), "tap t, server down, has an error");
});

test("A node with an identity is called by it, and has its address in the small print", () => {
  const details = ["python3 (4711)", "identity gui-7"];
  const [first] = layOutTopology({ ...picture, nodes: [node("c1", "client", { details })] }, 1000).nodes;
  assert.deepEqual(texts(nodeShapes(first!, 7.2)), ["gui-7", "REQ", "python3 (4711)", "c1"]);
});

test("What is written on an edge stands at its end with fewer edges, on the side that its line does not bend to", () => {
  const { edges } = layOutTopology(picture, 1000);
  for (const { start, end, label, from, to } of edges) {
    // The server of two taps has two edges, so those have what is written at the taps.
    const isAtEnd = to === "s2";
    const [outer, inner] = isAtEnd ? [end, start] : [start, end];
    assert.equal(Math.abs(label.x - outer[0]), 10, `${from} ${to}`);
    assert.equal(label.isBelow, inner[1] < outer[1] - 4);
    assert.equal(label.y > outer[1], label.isBelow);
  }
});

test("A node of which the wire does not tell the socket has no empty line", () => {
  const told = node("c1", "client", { details: ["python3 (4711)"] });
  const [known, unknown] = layOutTopology(
    { ...picture, nodes: [told, { ...told, id: "c2", socket: null }] },
    1000,
  ).nodes;
  assert.deepEqual(texts(nodeShapes(unknown!, 7.2)), ["c1", "python3 (4711)"]);
  assert.ok(unknown!.height < known!.height);
});

test("An edge says rates while there are some, else how much there was, and its lock in a word", () => {
  assert.equal(edgeText(edge("a", "b", { perSecond: [142, 1.5], links: 3 })), "3 links · → 142/s · ← 1.5/s");
  assert.equal(edgeText(edge("a", "b", { perSecond: [0, 2] })), "← 2/s");
  assert.equal(edgeText(edge("a", "b", { messages: [1200, 0] })), "→ 1,200");
  const locked = layOutTopology(
    { ...picture, edges: [edge("c1", "orders", { mechanism: "CURVE", severity: "warning" })] },
    1000,
  );
  assert.deepEqual(texts(edgeShapes(locked.edges[0]!, 7.2)), ["→ 3 · ← 2", "CURVE"]);
  assert.equal(
    edgeWords(locked.edges[0]!, (id) => id.toUpperCase()),
    "C1 to ORDERS, 1 link, CURVE, 3 messages there, 2 back, has a warning",
  );
});

test("A file of hostile names holds them as text", () => {
  const hostile = { ...picture, nodes: [node('"/><script>', "client", { details: ["</svg>"] }), ...picture.nodes] };
  const layout = layOutTopology(hostile, 1000);
  const { width, height } = layout;
  const file = writeSvg(
    { title: "t", width, height, shapes: topologyShapes(layout, 7.2) },
    { colourOf: () => "#000000", font: "monospace" },
  );
  assert.doesNotMatch(file, /<script/);
  assert.equal(file.match(/<\/svg>/g)?.length, 1);
  assert.match(file, /&quot;\/&gt;&lt;script&gt;/);
});

test("Arrow keys go up and down a column, and from node to edge to node", () => {
  const spots = spotsOf(layOutTopology(picture, 1000));
  const at = (id: string) => spots.find((spot) => spot.id === id)!;
  const go = (from: string, ...keys: readonly string[]): string =>
    keys.reduce((spot, key) => nextSpot(spots, spot, key), at(from)).id;
  assert.equal(go("node c1", "ArrowDown"), "node c2");
  assert.equal(go("node c1", "ArrowUp"), "node c1");
  assert.match(go("node c1", "ArrowRight"), /^edge /);
  assert.match(go("node c1", "ArrowRight", "ArrowRight"), /^node (orders|market)$/);
  assert.equal(go("node c1", "ArrowLeft"), "node c1");
  assert.equal(go("node s2", "ArrowRight"), "node s2");
});

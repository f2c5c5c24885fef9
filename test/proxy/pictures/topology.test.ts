import assert from "node:assert/strict";
import { test } from "node:test";
import { topologyOf, type TopologyTap } from "../../../src/proxy/pictures/topology.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";
import type { LinkRow } from "../../../src/shared/pictures.ts";
import { finding, linkRow } from "../../support/pictures.ts";

const ORDERS: TopologyTap = {
  id: "a",
  name: "orders",
  kind: "tap",
  status: "listening",
  listening: "tcp://127.0.0.1:6000",
};

function picture(links: readonly LinkRow[], more: Partial<Parameters<typeof topologyOf>[1]> = {}) {
  return topologyOf(links, { taps: [ORDERS], findings: [], perSecond: () => [0, 0], ...more });
}

test("clients from ever new ports are one, and lead through their tap to their server", () => {
  const links = [
    linkRow({ link: 4, client: "127.0.0.1:40004", closedMs: 5 }),
    linkRow({ link: 2, client: "127.0.0.1:40002" }),
    linkRow({ link: 1, client: "127.0.0.1:40001" }),
  ];
  const { nodes, edges, otherPeers } = picture(links, { perSecond: (link) => [link, 10 * link] });
  assert.equal(otherPeers, 0);
  assert.deepEqual(
    nodes.map(({ kind, label, socket, status }) => [kind, label, socket, status]),
    [
      ["tap", "orders", null, "listening"],
      ["client", "127.0.0.1", "REQ", "open"],
      ["server", "127.0.0.1:5556", "REP", "open"],
    ],
  );
  const [tap, client, server] = nodes.map(({ id }) => id);
  assert.deepEqual(
    edges.map(({ from, to }) => [from, to]),
    [
      [client, tap],
      [tap, server],
    ],
  );
  const [edge] = edges;
  assert.deepEqual(
    { ...edge, from: "", to: "" },
    {
      from: "",
      to: "",
      links: 3,
      mechanism: "NULL",
      perSecond: [3, 30],
      messages: [3, 3],
      severity: null,
      filter: "conn in {1..2, 4}",
    },
  );
});

test("identity, socket type and program tell clients of a host apart", () => {
  const { nodes } = picture([
    linkRow({ link: 1 }),
    linkRow({ link: 2, identity: { client: "gui", server: "" } }),
    linkRow({ link: 3, sockets: { client: "DEALER", server: "REP" } }),
    linkRow({ link: 4, process: { client: "python3 (7)", server: "node (8)" } }),
  ]);
  const clients = nodes.filter(({ kind }) => kind === "client");
  assert.deepEqual(clients.map(({ details }) => details.join()).sort(), ["", "", "identity gui", "python3 (7)"]);
  assert.deepEqual(nodes.find(({ kind }) => kind === "server")!.details, ["node (8)"]);
});

test("findings colour the peers, the tap and the way between them, and those of a tap only the tap", () => {
  const links = [linkRow({ link: 1 }), linkRow({ link: 2, client: "10.0.0.7:1" })];
  const findings = [
    finding({ link: 2, severity: "note" }),
    finding({ link: 2, severity: "error" }),
    finding({ link: 2, severity: "warning" }),
  ];
  const { nodes, edges } = picture(links, { findings });
  assert.deepEqual(
    nodes.map(({ label, severity }) => [label, severity]),
    [
      ["orders", "error"],
      ["127.0.0.1:5556", "error"],
      ["127.0.0.1", null],
      ["10.0.0.7", "error"],
    ],
  );
  assert.deepEqual(
    edges.map(({ severity }) => severity),
    ["error", null, "error"],
  );
  const own = picture([], {
    findings: [finding({ link: null, severity: "warning" }), finding({ tap: "z", link: null })],
  });
  assert.deepEqual(
    own.nodes.map(({ severity }) => severity),
    ["warning"],
  );
});

test("a tap whose server is another tap leads to that one", () => {
  const inner: TopologyTap = { ...ORDERS, id: "b", name: "inner", listening: "tcp://127.0.0.1:7000" };
  const links = [
    linkRow({ link: 2, tap: "b", tapName: "inner", client: "127.0.0.1:50000" }),
    linkRow({ link: 1, server: "127.0.0.1:7000" }),
  ];
  const { edges } = picture(links, { taps: [ORDERS, inner] });
  assert.ok(edges.some(({ from, to }) => from === "tap a" && to === "tap b"));
});

test("ipc ends without addresses are one, of servers one for each tap, and bridges are told from taps", () => {
  const { nodes } = topologyOf(
    [
      linkRow({ link: 1, client: "ipc #1", server: "ipc #1" }),
      linkRow({ link: 2, client: "ipc #2", server: "ipc #2" }),
      linkRow({
        link: 3,
        client: "ipc #3",
        server: "ipc #3",
        tap: "b",
        tapName: "bridge",
        origin: "bridge",
        closedMs: 1,
      }),
    ],
    { taps: [], findings: [], perSecond: () => [0, 0] },
  );
  assert.deepEqual(nodes.map(({ kind, label, status }) => `${kind} ${label} ${status}`).sort(), [
    "bridge bridge gone",
    "client ipc open",
    "server ipc gone",
    "server ipc open",
    "tap orders open",
  ]);
});

test("a filter of many links names the newest, and can be read", () => {
  const links = Array.from({ length: 100 }, (_, at) => linkRow({ link: 2 * at + 2 }));
  const { filter, links: count } = picture(links).edges[0]!;
  assert.equal(count, 100);
  assert.ok(filter.startsWith("conn in {162, 164") && filter.endsWith("200}"));
  assert.equal(parseFilter(filter).ok, true);
  assert.equal(picture([linkRow({ link: 5 })]).edges[0]!.filter, "conn == 5");
});

test("at most 200 nodes and 500 edges are shown, and how many peers are left out is said", () => {
  const links = Array.from({ length: 400 }, (_, at) =>
    linkRow({ link: at + 1, client: `10.0.${at >> 8}.${at & 255}:1` }),
  );
  const { nodes, edges, otherPeers } = picture(links);
  assert.deepEqual([nodes.length, edges.length, otherPeers], [200, 199, 202]);
});

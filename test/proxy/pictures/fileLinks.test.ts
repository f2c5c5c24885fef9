import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { FileLinks } from "../../../src/proxy/pictures/fileLinks.ts";
import { MAX_LINKS } from "../../../src/proxy/pictures/linkRows.ts";
import { SubscriptionBook } from "../../../src/proxy/pictures/subscriptionBook.ts";
import { MIB, openLink } from "../../support/captures.ts";

function linksOf() {
  const subscriptions = new SubscriptionBook();
  const links = new FileLinks(subscriptions);
  return { links, subscriptions, capture: new Capture({ maxBytes: 16 * MIB }) };
}

test("FileLinks tells of a link what its file does", () => {
  const { links, subscriptions, capture } = linksOf();
  const known = openLink(capture, { tap: "prices", sockets: { client: "SUB", server: "PUB" } });
  const { link } = known.info;
  known.mechanism = "NULL";
  links.message(known, 1, 100);
  links.message(known, 0, 5);
  subscriptions.add(link, "a");
  const [row] = links.read((ns) => ns + 1);
  assert.deepEqual(row, {
    link,
    tap: "id-prices",
    tapName: "prices",
    origin: "wire",
    client: "127.0.0.1:40001",
    server: "127.0.0.1:5556",
    sockets: { client: "SUB", server: "PUB" },
    identity: { client: "", server: "" },
    version: null,
    mechanism: "NULL",
    verdict: "handshake under way",
    isProblem: false,
    process: { client: "", server: "" },
    subscriptions: ["a"],
    subscriptionCount: 1,
    messages: [1, 1],
    bytes: [5, 100],
    pending: 0,
    queued: [0, 0],
    heldUpMs: [0, 0],
    openedMs: known.openedNs + 1,
    closedMs: null,
    closedBy: "",
    findings: 0,
  });
});

test("FileLinks says what came of handshakes", () => {
  const { links, capture } = linksOf();
  const words = (detail: Readonly<Record<string, unknown>>): string => {
    const known = openLink(capture);
    links.event(known, "handshake", detail, 0);
    const { verdict, isProblem } = links.read(() => 0)[0]!;
    return `${verdict}${isProblem ? "!" : ""}`;
  };
  assert.equal(words({ state: "done", verdict: { id: "connected" } }), "connected");
  assert.equal(words({ state: "done", verdict: { id: "older-zmtp" } }), "connected");
  assert.equal(words({ state: "done", verdict: { id: "same-identity" } }), "same identity!");
  assert.equal(words({ state: "waiting", verdict: { id: "silent-server" } }), "silent server!");
  assert.equal(words({ state: "failed" }), "handshake failed!");
  assert.equal(words({ state: "opaque" }), "cannot be read!");
});

test("FileLinks remembers 1,000 links, and forgets closed ones first", () => {
  const { links, capture } = linksOf();
  const known = Array.from({ length: MAX_LINKS }, () => openLink(capture));
  for (const link of known) links.message(link, 0, 1);
  links.event(known[5]!, "link-closed", { by: "server", reset: false }, 0);
  links.message(openLink(capture), 0, 1);
  const numbers = (): Set<number> => new Set(links.read(() => 0).map(({ link }) => link));
  assert.deepEqual([links.forgotten, numbers().has(known[5]!.info.link)], [1, false]);
  links.message(openLink(capture), 0, 1);
  assert.deepEqual([links.forgotten, numbers().size, numbers().has(known[0]!.info.link)], [2, MAX_LINKS, false]);
  links.clear();
  assert.deepEqual([links.forgotten, links.read(() => 0)], [0, []]);
});

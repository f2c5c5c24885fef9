import assert from "node:assert/strict";
import * as vscode from "vscode";
import { failingItem, linkItem, tapItem, waitingItem } from "../../src/host/tapTree.ts";
import { webBridgeItem } from "../../src/host/webBridges.ts";
import type { TapState, TapStatus } from "../../src/shared/model.ts";
import type { WebBridgeState } from "../../src/shared/webBridge.ts";
import { extension } from "./support.ts";
import { link, tap as listening } from "../support/tapStates.ts";
import { wrongKey } from "../support/verdicts.ts";

const tap: TapState = { ...listening, links: [link] };

suite("tap tree", () => {
  const menus: Readonly<Record<TapStatus, string>> = {
    starting: "tap.running",
    listening: "tap.running",
    "server-down": "tap.running",
    stopped: "tap.stopped",
    failed: "tap.stopped",
  };
  for (const [status, contextValue] of Object.entries(menus) as [TapStatus, string][]) {
    test(`a tap that is ${status} has the menus of ${contextValue}, an icon, and its state as a word`, () => {
      const item = tapItem({ ...tap, status, problem: status === "failed" ? "The port is taken." : null });
      assert.equal(item.contextValue, contextValue);
      assert.ok(item.iconPath instanceof vscode.ThemeIcon);
      const word = status.replace("-", " ");
      // That it listens goes without saying: its icon tells it, and the label for screen readers.
      assert.match(String(item.description), status === "listening" ? /^:41234 / : new RegExp(`^${word}`));
      assert.match(item.accessibilityInformation?.label ?? "", new RegExp(`^orders, ${word}`));
    });
  }

  test("a tap in front of a socket of ours has no server to be changed or probed", () => {
    const pull = { kind: "signals", socket: "PULL", topics: [], connects: false } as const;
    const ofOurs = (standIn: { readonly connects: boolean }): vscode.TreeItem =>
      tapItem({ ...tap, config: { ...tap.config, standIn: { ...pull, ...standIn } } });
    assert.equal(ofOurs(pull).contextValue, "standIn.running");
    assert.equal(ofOurs({ connects: true }).contextValue, "tap.running");
  });

  test("a tap that only relays says so, offers to capture again, and has the menus of one that runs", () => {
    const passedBy = { messages: 12, bytes: 340, sinceMs: 0 };
    const uncaptured: TapState = { ...tap, config: { ...tap.config, isCaptured: false }, passedBy };
    const item = tapItem(uncaptured);
    assert.equal(item.contextValue, "tap.running.uncaptured");
    assert.match(String(item.description), /not captured/);
    assert.match(item.tooltip as string, /12 messages \(340 B\) passed by/);
    assert.equal(tapItem({ ...uncaptured, status: "stopped" }).contextValue, "tap.stopped");
    const { contributes } = extension().packageJSON as {
      contributes: { menus: Record<string, readonly { command: string; when: string }[]> };
    };
    const offered = (value: string): string[] =>
      contributes.menus["view/item/context"]!.filter(({ when }) => {
        const pattern = /viewItem =~ [/](.*)[/](?: |$)/.exec(when)?.[1];
        return pattern !== undefined && new RegExp(pattern).test(value);
      }).map(({ command }) => command);
    const others = offered("tap.running").filter((command) => command !== "zmqTap.stopCapturing");
    assert.deepEqual(
      offered("tap.running.uncaptured").filter((command) => command !== "zmqTap.startCapturing"),
      others,
    );
    assert.ok(offered("tap.running").includes("zmqTap.stopCapturing") && others.includes("zmqTap.stopTap"));
  });

  test("a tap of a publisher offers to watch all topics, and to stop that", () => {
    const sockets = { client: "SUB", server: "PUB" } as const;
    const publisher: TapState = { ...tap, links: [{ ...link, sockets }] };
    assert.equal(tapItem(publisher).contextValue, "tap.publisher.running");
    assert.equal(tapItem({ ...tap, links: [] }).contextValue, "tap.publisher.running");
    const watching = tapItem({ ...publisher, watch: { isOn: true, problem: null } });
    assert.equal(watching.contextValue, "tap.watching.running");
    assert.match(watching.tooltip as string, /Watches all topics/);
    assert.equal(tapItem({ ...publisher, status: "stopped" }).contextValue, "tap.stopped");
  });

  test("a web bridge has its URL and counts, its menus by its state, and no token", () => {
    const bridge: WebBridgeState = {
      id: "web",
      name: "pages",
      status: "listening",
      url: "http://127.0.0.1:8000",
      problem: null,
      allowed: ["tcp://127.0.0.1:*"],
      browsers: 2,
      sockets: 3,
      messages: 4,
      dropped: 0,
      refused: 1,
      timedOut: 0,
    };
    const item = webBridgeItem(bridge);
    assert.equal(item.contextValue, "webBridge.running");
    assert.equal(item.description, "http://127.0.0.1:8000 · 2 browsers · 3 sockets · 4 messages · 1 refused");
    assert.equal(item.tooltip, "pages: web bridge, listening\nPages may use tcp://127.0.0.1:*");
    const failed = webBridgeItem({ ...bridge, status: "failed", url: "", problem: "The port is taken." });
    assert.equal(failed.contextValue, "webBridge.stopped");
    assert.equal(failed.tooltip, "pages: web bridge, failed\nPages may use tcp://127.0.0.1:*\nThe port is taken.");
    assert.equal(failed.id, item.id);
  });

  test("a SOCKS server and its destinations have menus of their own, and say where programs connect", () => {
    const door = tapItem({ ...tap, config: { ...tap.config, socks: { allow: ["127.0.0.1:*"] } } });
    assert.equal(door.contextValue, "socks.running");
    assert.match(door.tooltip as string, /the SOCKS server at 127.0.0.1:41234\nThey may connect to 127.0.0.1:[*]/);
    const destination = tapItem({ ...tap, config: { ...tap.config, door: "t2" } });
    assert.equal(destination.contextValue, "destination.running");
    assert.match(destination.tooltip as string, /come through the SOCKS server at .*\nServer tcp:/);
  });

  test("tap and link keep their ids whatever changes", () => {
    assert.equal(tapItem(tap).id, tapItem({ ...tap, status: "stopped", messages: 9 }).id);
    assert.equal(linkItem(tap, link).id, linkItem(tap, { ...link, messages: 49 }).id);
  });

  test("a tap says on hovering where clients connect and what its server is", () => {
    const { tooltip } = tapItem(tap);
    assert.ok(typeof tooltip === "string");
    assert.match(tooltip, /tcp:\/\/127\.0\.0\.1:41234\nServer tcp:\/\/127\.0\.0\.1:5556/);
  });

  test("a tap can be opened only while it has links", () => {
    assert.equal(tapItem(tap).collapsibleState, vscode.TreeItemCollapsibleState.Expanded);
    assert.equal(tapItem({ ...tap, links: [] }).collapsibleState, vscode.TreeItemCollapsibleState.Expanded);
  });

  test("a client that waits has menus to allow and deny it, and one that was denied only to allow it", () => {
    const client = { client: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", address: "127.0.0.1:4", attempts: 3 };
    const waiting = waitingItem(tap, { ...client, isDenied: false }, "alice");
    assert.equal(waiting.label, "client alice waits");
    assert.equal(waiting.description, "3 attempts · 127.0.0.1:4");
    assert.equal(waiting.contextValue, "client.waiting");
    const denied = waitingItem(tap, { ...client, isDenied: true }, "alice");
    assert.equal(denied.label, "client alice is denied");
    assert.equal(denied.contextValue, "client.denied");
    assert.equal(denied.id, waiting.id);
  });

  test("a link shows its socket pair, identity and traffic", () => {
    const item = linkItem(tap, link);
    assert.equal(item.label, "REQ gui-7 → REP");
    assert.equal(item.description, "48 msgs · 127.0.0.1:51880");
  });

  test("a link that something is wrong with says what, what to do, and has another icon", () => {
    const item = linkItem(tap, { ...link, verdict: { ...wrongKey, id: "pair-taken" } });
    assert.match(String(item.description), /^pair taken · /);
    assert.ok(typeof item.tooltip === "string");
    assert.match(item.tooltip, /Verdict: .*\nWhat to do: .*\nClient tries again: /);
    assert.notDeepEqual(item.iconPath, linkItem(tap, link).iconPath);
    assert.equal(item.contextValue, "link");
  });

  test("a client whose handshakes fail is a row of its own, with how often and why", () => {
    const client = { client: "127.0.0.1", count: 12, verdict: wrongKey };
    const item = failingItem(tap, client);
    assert.deepEqual([item.label, item.description], ["127.0.0.1", "wrong server key · 12 times"]);
    assert.ok(typeof item.tooltip === "string");
    assert.match(item.tooltip, /12 handshakes did not succeed\nVerdict: /);
    assert.equal(item.id, failingItem(tap, { ...client, count: 13 }).id);
  });
});

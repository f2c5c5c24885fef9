import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ZmqTapApi } from "../../src/host/api.ts";
import type { ViewCallOutcome } from "../../src/shared/viewProtocol.ts";
import type { WebBridgeState } from "../../src/shared/webBridge.ts";
import { activated, eventually, eventualRow, removeAllTaps, run, startEchoServer, testWithZeromq } from "./support.ts";

const IDENTITY = "00112233445566778899AABBCCDDEEFF";

/** A page of ZmqWebBridge: connects a REQ, asks once, and gives all contents that came, or how the connection ended. */
function askAsPage(url: string, token: string, endpoint: string, content: string): Promise<string[]> {
  return new Promise((resolve) => {
    const page = new WebSocket(`${url.replace("http", "ws")}/data?token=${token}`);
    const contents: string[] = [];
    const wish = JSON.stringify({ zmq_conn_string: endpoint, socket_type: 3, username: "hugo" });
    const send = (type: string, text: string): void =>
      page.send(JSON.stringify({ identity: IDENTITY, msg_type: type, content: text }));
    page.onopen = () => send("connect", wish);
    page.onmessage = ({ data }) => {
      contents.push((JSON.parse(String(data)) as { content: string }).content);
      if (contents.length === 1) send("userlevel", content);
      else page.close();
    };
    page.onclose = ({ reason }) => resolve(contents.length > 0 ? contents : [reason]);
  });
}

suite("web bridges", () => {
  let api: ZmqTapApi;
  suiteSetup(async () => {
    api = await activated();
    await removeAllTaps();
  });

  testWithZeromq(
    "Start Web Bridge lets pages with its token in, shows what they say, and stops",
    async () => {
      const server = await startEchoServer();
      const bridge = await run<WebBridgeState>("startWebBridge", { allow: [server.endpoint], name: "pages" });
      try {
        assert.match(bridge.url, /^http:\/\/127\.0\.0\.1:\d+$/);
        assert.equal(await run("copyWebBridgeUrl"), bridge.url);
        await run("copyWebBridgeToken", { webBridge: "pages" });
        const token = await vscode.env.clipboard.readText();
        assert.match(token, /^[\w-]{32}$/);
        const [connected, reply] = await askAsPage(bridge.url, token, server.endpoint, "from a page");
        assert.deepEqual(JSON.parse(connected!), { status: "success" });
        assert.match(reply!, /from a page/);
        const row = await eventualRow(api, ({ tapName, exchange }) => tapName === "pages" && exchange === "reply");
        assert.equal(row.origin, "bridge");
        const again = await run<ViewCallOutcome>("callAgain", { n: row.partner, send: true });
        assert.equal(again.result.kind, "ok");
        await assert.rejects(run("replayMessage", { n: row.partner }), /of a socket of "pages", and no tap/);
        assert.equal(await run("showMessages", { webBridge: "pages" }), 'tap == "pages"');
        assert.deepEqual(await askAsPage(bridge.url, "wrong-token", server.endpoint, "x"), ["the token is wrong"]);
        await eventualRow(api, ({ tapName, event }) => tapName === "pages" && event === "refused");
        const client = await (await fetch(`${bridge.url}/zmq.js`)).text();
        assert.match(client, /RpcClient/);
        assert.match(await (await fetch(`${bridge.url}/zmq.d.ts`)).text(), /export declare class RpcClient/);

        assert.equal((await run<WebBridgeState>("stopWebBridge", { webBridge: "pages" })).status, "stopped");
        await assert.rejects(run("copyWebBridgeUrl"), /is stopped/);
        await assert.rejects(fetch(bridge.url));
        const restarted = await run<WebBridgeState>("restartWebBridge", { webBridge: bridge.id });
        assert.equal(restarted.url, bridge.url);
        assert.equal((await askAsPage(bridge.url, token, server.endpoint, "again")).length, 2);
      } finally {
        await run("removeWebBridge", { webBridge: "pages" });
        server.close();
      }
      await assert.rejects(run("stopWebBridge"), /There is no web bridge/);
    },
    () => run("startWebBridge", { allow: ["tcp://127.0.0.1:9"] }),
  );

  testWithZeromq(
    "a web bridge comes back on its port, with its token, when the engine was killed",
    async () => {
      const server = await startEchoServer();
      const bridge = await run<WebBridgeState>("startWebBridge", {
        allow: [server.endpoint],
        name: "survivor",
        token: "token-that-stays",
      });
      try {
        const before = api.enginePid()!;
        process.kill(before, "SIGKILL");
        await eventually(api, () => (api.enginePid() !== undefined && api.enginePid() !== before) || undefined);
        // It is started anew, which is done when this one is refused in words, or answered.
        const again = await run<WebBridgeState>("restartWebBridge", { webBridge: "survivor" });
        assert.equal(again.url, bridge.url);
        assert.equal((await askAsPage(bridge.url, "token-that-stays", server.endpoint, "again")).length, 2);
      } finally {
        await run("removeWebBridge", { webBridge: "survivor" });
        server.close();
      }
    },
    () => run("startWebBridge", { allow: ["tcp://127.0.0.1:9"], name: "survivor" }),
  );

  test("Start Web Bridge refuses what cannot be used, in words", async () => {
    await assert.rejects(run("startWebBridge"), /No endpoint was given/);
    await assert.rejects(run("startWebBridge", { allow: ["nonsense"] }), /is no pattern of endpoints/);
    await assert.rejects(run("startWebBridge", { allow: ["tcp://127.0.0.1:1"], token: "short" }), /A token has 8/);
    await assert.rejects(run("startWebBridge", { allow: ["tcp://127.0.0.1:1"], port: 70_000 }), /is no port/);
    await assert.rejects(run("startWebBridge", { allow: ["tcp://127.0.0.1:1"], origins: ["x"] }), /is no origin/);
    await assert.rejects(run("copyWebBridgeToken", { webBridge: "gone" }), /There is no web bridge "gone"/);
  });
});

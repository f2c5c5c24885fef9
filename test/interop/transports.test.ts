import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap } from "./support/cliTap.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-interop-"));
const unique = `zmq-tap-interop-${process.pid}`;
const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
  rmSync(folder, { recursive: true });
});

const WAYS: Readonly<Record<string, { server: string; listen: string }>> = {
  "tcp to ipc": { server: `ipc://${folder}/a`, listen: "tcp://127.0.0.1:*" },
  "ipc to tcp": { server: "tcp://127.0.0.1:*", listen: `ipc://${folder}/b` },
  "ipc to ipc": { server: `ipc://${folder}/c`, listen: `ipc://${folder}/d` },
  ...(process.platform === "linux"
    ? {
        "abstract ipc to tcp": { server: "tcp://127.0.0.1:*", listen: `ipc://@${unique}-e` },
        "tcp to abstract ipc": { server: `ipc://@${unique}-f`, listen: "tcp://127.0.0.1:*" },
        "abstract ipc to ipc": { server: `ipc://${folder}/g`, listen: `ipc://@${unique}-h` },
      }
    : {}),
};

for (const [name, { server, listen }] of Object.entries(WAYS)) {
  for (const [behind, before] of [
    [python, javascript],
    [javascript, python],
  ] as const) {
    test(`A tap carries ${name} between ${before.library} and a server of ${behind.library}`, async (t) => {
      const rep = await behind.open("REP");
      const endpoint = await rep.bind(server);
      const tap = await CliTap.start(endpoint, ["--json", "--listen", listen]);
      t.after(() => tap.stop("SIGKILL"));
      const req = await before.open("REQ");
      await req.connect(tap.endpoint);
      await req.send(text("question", "x".repeat(100_000)));
      assert.deepEqual(await rep.receive(), [text("question", "x".repeat(100_000))]);
      await rep.send(text("answer"));
      assert.deepEqual(await req.receive(), [text("answer")]);
      const [request, reply] = await tap.untilMessages(2);
      assert.deepEqual(request?.line.sockets, { client: "REQ", server: "REP" });
      assert.equal(reply?.line.request, request.line.n);
      await req.close();
      await rep.close();
      assert.equal((await tap.stop()).code, 0);
    });
  }
}

test("A tap's own ipc file can be used by this user only, and is gone when the tap is", async () => {
  const path = join(folder, "own");
  const tap = await CliTap.start("tcp://127.0.0.1:9", ["--listen", `ipc://${path}`]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await tap.stop();
  assert.throws(() => statSync(path), { code: "ENOENT" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardLine, type Machine, machineWords, placeLine, whereLine } from "../../src/shared/machine.ts";

const ssh: Machine = { remote: "ssh-remote", isBrowser: false, host: "devbox" };
const LOOPBACK = "tcp://127.0.0.1:41234";

test("machineWords says nothing in a window of this machine", () => {
  assert.equal(machineWords({ ...ssh, remote: null }), "");
  assert.equal(whereLine(LOOPBACK, { ...ssh, remote: null }), "");
});

const words: Readonly<Record<string, string>> = {
  "ssh-remote": "the SSH host devbox",
  "dev-container": "the container devbox",
  "attached-container": "the container devbox",
  wsl: "WSL on devbox",
  codespaces: "the codespace devbox",
  tunnel: "the remote machine devbox",
  "127.0.0.1:8080": "the machine of VS Code's server, devbox",
};
for (const [remote, expected] of Object.entries(words)) {
  test(`machineWords names the machine behind ${remote}`, () => {
    assert.equal(machineWords({ ...ssh, remote }), expected);
  });
}

test("whereLine tells that a loopback port is reached from that machine only", () => {
  assert.equal(whereLine(LOOPBACK, ssh), "The port is on the SSH host devbox: programs elsewhere need it forwarded");
});

test("placeLine tells where a port or a socket file is, and nothing else", () => {
  assert.equal(placeLine(LOOPBACK, ssh), "The port is on the SSH host devbox");
  assert.equal(placeLine("ipc:///tmp/tap.sock", ssh), "It is on the SSH host devbox");
  assert.equal(placeLine(LOOPBACK, { ...ssh, remote: null }), "");
});

test("whereLine needs no forwarding for a port that other machines reach, and no port for a socket file", () => {
  assert.equal(whereLine("tcp://0.0.0.0:5556", ssh), "The port is on the SSH host devbox");
  assert.equal(whereLine("ipc:///tmp/tap.sock", ssh), "It is on the SSH host devbox");
  assert.equal(whereLine("", ssh), "It is on the SSH host devbox");
});

test("forwardLine names the view Ports only where VS Code forwards plain TCP", () => {
  assert.match(forwardLine(ssh), /view Ports/);
  assert.match(forwardLine({ ...ssh, isBrowser: true }), /through SSH/);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { HostDoor } from "../../src/proxy/hostDoor.ts";
import { DOOR_FILE, nextOctets, NONCE_OCTETS, readDoor, scriptOf, writeDoor } from "../../src/shared/engineDoor.ts";
import { adopt } from "../support/hostProcess.ts";

const folder = mkdtempSync(join(tmpdir(), "zt-door-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

/** A door, and the hosts that came through it. */
async function openDoor(t: TestContext, at = join(folder, String(++made))) {
  const hosts: Socket[] = [];
  let asked = (_socket: Socket): void => undefined;
  const askedToEnd = new Promise<Socket>((resolve) => (asked = resolve));
  const door = await HostDoor.open({
    folder: at,
    protocol: 5,
    script: scriptOf("/engine.cjs", undefined),
    mayEnter: () => hosts.length === 0,
    onHost: (socket) => hosts.push(socket.resume()),
    onEnd: (socket) => {
      door?.close();
      asked(socket);
    },
  });
  t.after(() => {
    door?.close();
    for (const host of hosts) host.destroy();
  });
  const file = join(at, DOOR_FILE);
  const told = () => readDoor(readFileSync(file, "utf8"));
  return { at, door, hosts, askedToEnd, file, told };
}

const SAME = { script: "/engine.cjs" };

test("HostDoor lets in one host that knows the token, and hands over what comes behind the proof", async (t) => {
  const { at, door, hosts, told } = await openDoor(t);
  assert.equal(told()?.protocol, 5);
  assert.equal(door?.isFound, true);
  const engine = await adopt(at, SAME);
  assert.equal(engine?.pid, process.pid);
  engine.stream.write("hello");
  assert.equal(String((await once(hosts[0]!, "data"))[0]), "hello");
  hosts[0]!.write("and you");
  assert.equal(Buffer.from(await nextOctets(engine.stream, 7)).toString(), "and you");
  assert.equal(await adopt(at, SAME), null);
  engine.stream.destroy();
  assert.match(await engine.ended, /closed/);
});

test("HostDoor turns away who does not know the token, and who says too much or nothing", async (t) => {
  const { at, hosts, told } = await openDoor(t);
  const door = told()!;
  await assert.rejects(adopt(at, { ...SAME, door: writeDoor({ ...door, token: `${door.token}x` }) }));
  const talkative = connect(door.address).on("error", () => undefined);
  talkative.resume().write(Buffer.alloc(10_000));
  await once(talkative, "close");
  // More than may prove themselves at once are not even greeted.
  const silent = Array.from({ length: 8 }, () => connect(door.address).on("error", () => undefined));
  const greeted = await Promise.all(
    silent.map((socket) =>
      nextOctets(socket, NONCE_OCTETS).then(
        () => true,
        () => false,
      ),
    ),
  );
  assert.ok(greeted.filter((is) => is).length <= 4, String(greeted));
  await Promise.all(silent.filter((socket) => !socket.destroyed).map((socket) => once(socket.resume(), "close")));
  assert.deepEqual(hosts, []);
  const engine = await adopt(at, SAME);
  engine!.stream.destroy();
});

test("HostDoor ends the engine of another version on the next one's wish", async (t) => {
  const { at, askedToEnd, file } = await openDoor(t);
  const ending = adopt(at, { script: "/newer/engine.cjs" });
  const socket = await askedToEnd;
  assert.equal(existsSync(file), false);
  assert.equal(await Promise.race([ending.then(() => "ended"), Promise.resolve("waits")]), "waits");
  // As the end of the process does.
  socket.destroy();
  assert.equal(await ending, null);
});

test("HostDoor keeps out of the way of an engine that runs, and takes the place of one that was killed", async (t) => {
  const first = await openDoor(t);
  const second = await openDoor(t, first.at);
  assert.equal(second.door, null);
  const { at } = await openDoor(t);
  const before = { protocol: 5, script: "/x", pid: 1, address: join(at, "engine-00000000.sock"), token: "gone" };
  writeFileSync(before.address, "");
  writeFileSync(join(at, DOOR_FILE), writeDoor(before));
  const next = await openDoor(t, at);
  assert.equal(next.door?.isFound, true);
  assert.equal(existsSync(before.address), false);
  // Nothing but a socket of an engine is removed, whatever a file says.
  const precious = join(folder, "precious");
  writeFileSync(precious, "");
  const other = join(folder, String(++made));
  mkdirSync(other);
  writeFileSync(join(other, DOOR_FILE), writeDoor({ ...before, address: precious }));
  assert.equal((await openDoor(t, other)).door?.isFound, true);
  assert.equal(existsSync(precious), true);
});

test("HostDoor's file and socket are its user's alone, and go with it, but not those of the next", async (t) => {
  const { at, door, file, told } = await openDoor(t);
  const { address } = told()!;
  for (const path of [file, address]) assert.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/"token":"../, '"token":"zz'));
  assert.equal(door?.isFound, false);
  door.close();
  assert.deepEqual([existsSync(file), existsSync(address)], [true, false]);
  rmSync(at, { recursive: true });
  assert.equal(door.isFound, false);
});

test("HostDoor has its socket elsewhere, in a folder of its user's, where the path of the storage is too long", async (t) => {
  const at = join(folder, "a".repeat(60), "b".repeat(60));
  const { door, told } = await openDoor(t, at);
  const { address } = told()!;
  assert.equal(address.startsWith(at), false);
  assert.equal(statSync(dirname(address)).mode & 0o777, 0o700);
  (await adopt(at, SAME))!.stream.destroy();
  door!.close();
  while (existsSync(dirname(address))) await new Promise(setImmediate);
});

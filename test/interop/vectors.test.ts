import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test, type TestContext } from "node:test";
import { createServer, type AddressInfo, type Server } from "node:net";
import { loadVectors, type Vector } from "../support/vectors.ts";
import { CliTap, type TapLine } from "./support/cliTap.ts";
import { playLink } from "./support/play.ts";

/** Stands for a server of any version: hands out its connections. */
let server: Server;
let tap: CliTap;
let played = 0;

before(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  tap = await CliTap.start(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, ["--json", "--full"]);
});
after(async () => {
  const { stdout, stderr, code } = await tap.stop();
  server.close();
  assert.equal(code, 0, stderr);
  for (const form of ["secret-word", Buffer.from("secret-word").toString("hex")]) {
    assert.ok(!`${stdout}${stderr}`.includes(form), "the password of the PLAIN links is in the output");
  }
});

for (const vector of loadVectors()) {
  test(`A tap passes the recorded link ${vector.name} octet by octet and reads it`, async (t) => {
    const lines = await play(t, vector, "client");
    checkLines(vector, lines, "client", "server");
  });

  test(`A tap passes the recorded link ${vector.name} when the recorded server is the one that connects`, async (t) => {
    const lines = await play(t, vector, "server");
    checkLines(vector, lines, "server", "client");
  });
}

/** Plays a link and gives the lines about it. */
async function play(t: TestContext, vector: Vector, connecting: "client" | "server"): Promise<TapLine[]> {
  const linksBefore = tap.events("link-closed").length;
  // From an address of its own: failures of one client are folded, and the older PLAIN links are failures.
  await playLink(t, tap.port, server, vector, connecting, `127.0.1.${++played}`);
  const closed = await tap.untilEvents("link-closed", linksBefore + 1);
  const { link } = closed.at(-1)!;
  return tap.lines.filter((line) => line.link === link);
}

function checkLines(
  vector: Vector,
  lines: readonly TapLine[],
  client: "client" | "server",
  server: "client" | "server",
): void {
  assert.deepEqual(
    lines.filter(({ event }) => event === "fault"),
    [],
  );
  if (vector.mechanism === "CURVE") {
    assert.equal(lines.filter(({ type }) => type === "message").length, 0);
    return;
  }
  const [handshake] = lines.filter(({ event }) => event === "handshake");
  assert.equal(handshake?.detail?.["version"], versionOf(vector));
  assertHeard(vector.received.server, lines, client);
  assertHeard(vector.received.client, lines, server);
}

/** What an application received must be among what the tap saw on the way to it, in that order. */
function assertHeard(received: Vector["received"]["client"], lines: readonly TapLine[], sender: string): void {
  const seen = lines
    .filter(({ type, from }) => type === "message" && from === sender)
    .map(({ frames }) => frames!.map((frame) => Buffer.from(frame as string, "base64").toString("hex")));
  let at = 0;
  for (const frames of received) {
    if (frames === null) continue;
    // A ROUTER's application sees a routing id that was never on the wire, and a REP's no delimiter.
    const isIt = (message: readonly string[]): boolean =>
      endsWith(message, frames) || (frames.length > 1 && endsWith(message, frames.slice(1)));
    while (at < seen.length && !isIt(seen[at]!)) at++;
    assert.ok(at < seen.length, `${frames.join(" ")} is missing among ${JSON.stringify(seen)}`);
    at++;
  }
}

const endsWith = (message: readonly string[], end: readonly string[]): boolean =>
  message.length >= end.length && end.every((frame, index) => frame === message[message.length - end.length + index]);

/** The ZMTP version that the older of the two speaks. */
function versionOf({ client, server }: Vector): string {
  const versions = [client.libzmq, server.libzmq];
  if (versions.includes("2.2.1")) return "1.0";
  if (versions.includes("3.2.5")) return "2.0";
  return versions.every((version) => version === "4.3.4") ? "3.1" : "3.0";
}

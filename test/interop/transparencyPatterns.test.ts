import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Actor, type Happening, sameThroughTaps, type Stage } from "./support/stage.ts";

// The reliable patterns of ZeroMQ's guide, with their servers and workers killed and started anew: every program sees the same
// with its connections through taps as without any. docs/transparency.md has a line for each.

const TIMEOUT_MS = 1_500;
/** For questions whose answer may take as long as it takes. */
const PATIENT_MS = 30_000;

const asks = async (client: Actor, question: string, ...answer: Happening): Promise<void> => {
  client.tell({ ask: question });
  await client.happens("answer", ...answer, question);
};

test("Lazy pirate: clients of a server that dies get every answer, or give up", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const server = stage.actor("server", "lazyPirate", "server");
      const [endpoint] = await server.bound();
      const client = stage.actor("client", "lazyPirate", "client", {
        endpoint: await stage.link(endpoint!),
        timeout_ms: TIMEOUT_MS,
      });
      for (const question of ["1", "2", "3"]) await asks(client, question, "server");
      await server.kill();
      client.tell({ ask: "4" });
      await client.saysTimes("retrying", 1);
      const next = stage.actor("server", "lazyPirate", "server", { endpoint });
      await client.happens("answer", "server", "4");
      for (const question of ["5", "6"]) await asks(client, question, "server");
      await next.kill();
      client.tell({ ask: "7", retries: 2 });
      await client.happens("abandoned", "7");
    },
    findings: ["server-down", "request-peer-gone"],
  }));

/** A queue with its front and back behind taps, and these workers, which were ready in this order. */
async function withWorkers(stage: Stage, kind: "simple" | "paranoid", names: readonly string[]) {
  const queue = stage.actor("queue", "queues", `${kind}_queue`);
  const [front, back] = (await queue.bound(2)) as [string, string];
  const [toFront, toBack] = [await stage.link(front), await stage.link(back)];
  const workers: Actor[] = [];
  for (const name of names) {
    workers.push(stage.actor(name, "queues", `${kind}_worker`, { endpoint: toBack, name }));
    await queue.happens("ready", name);
  }
  const client = (name: string, timeoutMs: number): Actor =>
    stage.actor(name, "lazyPirate", "client", { endpoint: toFront, timeout_ms: timeoutMs });
  return { queue, front, back, workers, client };
}

test("Load balancing broker: the worker that was idle longest gets the next job, and a crowd is served", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const { client } = await withWorkers(stage, "simple", ["w1", "w2", "w3"]);
      const one = client("client", PATIENT_MS);
      const workers = ["w1", "w2", "w3", "w1", "w2", "w3"];
      for (const [question, worker] of workers.entries()) await asks(one, String(question), worker);
      const crowd = Array.from({ length: 5 }, (_, number) => client(`crowd ${number}`, PATIENT_MS));
      for (let question = 0; question < 6; question++) {
        for (const member of crowd) member.tell({ ask: String(question) });
      }
      for (const member of crowd) {
        await member.saysTimes("event", 6);
      }
    },
    // Which worker serves whom of a crowd is decided by chance.
    normalised: (name, happening) => (name.startsWith("crowd") ? ["answer", "some worker", happening[2]] : happening),
  }));

test("Simple pirate: a job that a dead worker was given is done by the next one", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const { workers, client } = await withWorkers(stage, "simple", ["w1", "w2", "w3"]);
      const one = client("client", TIMEOUT_MS);
      for (const [question, worker] of ["w1", "w2", "w3"].entries()) await asks(one, String(question), worker);
      await workers[1]!.kill();
      await asks(one, "a", "w1");
      await asks(one, "b", "w3");
      await asks(one, "c", "w1");
    },
    findings: ["request-peer-gone", "request-unanswered", "router-never-answers", "request-sent-twice"],
  }));

test("Paranoid pirate: a worker without heartbeats is forgotten, and workers come back to a queue that was started anew", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const { queue, front, back, workers, client } = await withWorkers(stage, "paranoid", ["w1", "w2"]);
      const one = client("client", TIMEOUT_MS);
      one.tell({ ask: "0" });
      await one.saysTimes("event", 1);
      await workers[0]!.kill();
      await queue.happens("expired", "w1");
      for (const question of ["a", "b"]) await asks(one, question, "w2");
      await queue.kill();
      await workers[1]!.happens("connecting again");
      const next = stage.actor("queue", "queues", "paranoid_queue", { frontend: front, backend: back });
      await next.happens("ready", "w2");
      for (const question of ["c", "d"]) await asks(one, question, "w2");
    },
    findings: ["server-down", "request-peer-gone", "request-unanswered"],
    // Whose heartbeat came last is decided by chance.
    normalised: (_name, happening) => (happening.at(-1) === "0" ? ["answer", "some worker", "0"] : happening),
  }));

test("Majordomo: services are found by name, a dead worker's are waited for, and a new broker is registered with", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const broker = stage.actor("broker", "majordomo", "broker");
      const [endpoint] = (await broker.bound()) as [string];
      const tapped = await stage.link(endpoint);
      const worker = (name: string, service: string): Actor =>
        stage.actor(name, "majordomo", "worker", { endpoint: tapped, service, name });
      const client = (name: string, timeoutMs: number): Actor =>
        stage.actor(name, "majordomo", "client", { endpoint: tapped, timeout_ms: timeoutMs });
      const first = worker("first", "echo");
      await broker.happens("registered", "echo");
      const upper = worker("upper", "coffee");
      await broker.happens("registered", "coffee");
      const asking = async (who: Actor, service: string, body: string, answer: string): Promise<void> => {
        who.tell({ ask: [service, body] });
        await who.happens(
          "answer",
          "MDPC01",
          service,
          ...(answer === body ? [] : [answer]),
          ...(answer.length > 3 ? [body] : []),
        );
      };
      const one = client("client", PATIENT_MS);
      await asking(one, "echo", "hello", "first");
      await asking(one, "coffee", "black", "upper");
      for (const [service, code] of [
        ["echo", "200"],
        ["tea", "404"],
      ] as const) {
        await asking(one, "mmi.service", service, code);
      }
      await asking(one, "mmi.weather", "today", "501");
      // A question for a service whose worker is dead waits for the next one.
      await first.kill();
      await broker.happens("expired", "echo");
      one.tell({ ask: ["echo", "waits"] });
      const second = worker("second", "echo");
      await broker.happens("registered", "echo");
      await one.happens("answer", "MDPC01", "echo", "second", "waits");
      await broker.kill();
      const pirate = client("pirate", TIMEOUT_MS);
      pirate.tell({ ask: ["echo", "later"] });
      await pirate.saysTimes("retrying", 1);
      const next = stage.actor("broker", "majordomo", "broker", { endpoint });
      await second.happens("connecting again");
      await pirate.happens("answer", "MDPC01", "echo", "second", "later");
      await upper.happens("connecting again");
      await next.happens("registered", "coffee");
    },
    findings: ["server-down", "request-peer-gone", "request-unanswered", "reconnect-storm"],
    // Which of two services comes back first is decided by chance.
    normalised: (name, happening) =>
      name === "broker" && happening[0] === "registered" ? ["registered", "a service"] : happening,
  }));

test("Titanic: a question outlives who has it, and is answered once there is a worker", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const folder = mkdtempSync(join(tmpdir(), "zmq-tap-titanic-"));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const broker = stage.actor("broker", "majordomo", "broker");
      const [endpoint] = (await broker.bound()) as [string];
      const tapped = await stage.link(endpoint);
      const titanic = (): Actor => stage.actor("titanic", "titanic", "titanic", { endpoint: tapped, folder });
      const first = titanic();
      for (let service = 0; service < 3; service++) await broker.saysTimes("event", service + 1);
      const client = stage.actor("client", "titanic", "client", { endpoint: tapped });
      client.tell({ request: ["echo", "hello"] });
      await client.happens("accepted", "200");
      client.tell({ do: "fetch" });
      await client.saysTimes("pending", 1);
      await first.kill();
      for (let service = 0; service < 3; service++) await broker.saysTimes("event", 3 + service + 1);
      titanic();
      stage.actor("worker", "majordomo", "worker", { endpoint: tapped, service: "echo", name: "worker" });
      await client.happens("fetched", "200", "worker", "hello");
      client.tell({ do: "close" });
      await client.happens("closed", "200");
      client.tell({ do: "fetch" });
      await client.happens("fetched", "400");
    },
    findings: ["request-peer-gone", "request-unanswered", "request-sent-twice"],
    // The order in which several services come and go is decided by chance, and whether one was asked while it died.
    normalised: (name, happening) => (name === "broker" ? ["a service came or went"] : happening),
  }));

test("Clone: a late joiner gets a snapshot, all copies become the same, and values end in their time", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const server = stage.actor("server", "clone", "server");
      const [snapshot, publisher, collector] = (await server.bound(3)) as [string, string, string];
      const links = {
        snapshot: await stage.link(snapshot),
        publisher: await stage.link(publisher),
        collector: await stage.link(collector),
      };
      const client = async (name: string, sequence: number, subtree = ""): Promise<Actor> => {
        const made = stage.actor(name, "clone", "client", { ...links, subtree });
        await made.says("sequence", sequence);
        return made;
      };
      const a = await client("a", 0);
      a.tell({ set: ["a", "1"] });
      a.tell({ set: ["/b/x", "2"] });
      await a.says("sequence", 2);
      const late = await client("late", 2);
      const subtree = await client("subtree", 2, "/b/");
      a.tell({ set: ["c", "3"] });
      a.tell({ set: ["/b/y", "4"] });
      for (const each of [a, late, subtree]) await each.says("sequence", 4);
      late.tell({ set: ["/b/ends", "5"], ttlMs: 300 });
      for (const each of [a, late, subtree]) await each.says("sequence", 6);
      await late.kill();
      a.tell({ set: ["a", "changed"] });
      await a.says("sequence", 7);
      const again = await client("late", 7);
      for (const each of [a, again, subtree]) {
        each.tell({ tell: "state" });
      }
      await a.happens("state", 7, { "/b/x": "2", "/b/y": "4", a: "changed", c: "3" });
      await again.happens("state", 7, { "/b/x": "2", "/b/y": "4", a: "changed", c: "3" });
      await subtree.happens("state", 6, { "/b/x": "2", "/b/y": "4" });
    },
    findings: ["surprise-prefix"],
  }));

test("Binary star: the backup takes over from a primary that dies, keeps its place, and gives it back", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const primary = stage.actor("primary", "binaryStar", "server", { name: "primary" });
      const backup = stage.actor("backup", "binaryStar", "server", { name: "backup" });
      const [frontend, states] = (await primary.bound(2)) as [string, string];
      const [backupFrontend, backupStates] = (await backup.bound(2)) as [string, string];
      const toBackup = await stage.link(backupStates);
      primary.tell({ peer: toBackup });
      backup.tell({ peer: await stage.link(states) });
      await primary.happens("state", "active");
      await backup.happens("state", "passive");
      const endpoints = [await stage.link(frontend), await stage.link(backupFrontend)];
      const client = stage.actor("client", "binaryStar", "client", { endpoints, timeout_ms: TIMEOUT_MS });
      for (const question of ["1", "2"]) await asks(client, question, "primary");
      await primary.kill();
      await asks(client, "3", "backup");
      const again = stage.actor("primary", "binaryStar", "server", { name: "primary", frontend, states });
      again.tell({ peer: toBackup });
      await again.happens("state", "passive");
      await asks(client, "4", "backup");
      await backup.kill();
      await asks(client, "5", "primary");
    },
    findings: ["server-down", "request-peer-gone", "request-unanswered", "router-never-answers"],
  }));

test("Espresso: a steered proxy forwards what was subscribed, holds it while it pauses, and ends", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const espresso = stage.actor("proxy", "publishing", "espresso");
      const [front, back] = (await espresso.bound(2)) as [string, string];
      const [toFront, toBack] = [await stage.link(front), await stage.link(back)];
      const subscriber = (name: string, topics: readonly string[]): Actor =>
        stage.actor(name, "publishing", "subscriber", { endpoint: toBack, topics });
      const one = subscriber("one", ["A", "C"]);
      const two = subscriber("two", ["A", "B"]);
      const publisher = stage.actor("publisher", "publishing", "publisher", { endpoint: toFront, topics: 3 });
      await publisher.says("heeded", true);
      const publish = (...topics: readonly string[]): void =>
        publisher.tell({ publish: topics.map((topic) => [topic]) });
      publish("A1", "B1", "A2", "B2", "D", "C1");
      await one.says("received", "C1");
      await two.says("received", "B2");
      espresso.tell({ do: "PAUSE" });
      await espresso.says("done", "PAUSE");
      publish("A3", "B3");
      espresso.tell({ do: "RESUME" });
      await one.says("received", "A3");
      await two.says("received", "B3");
      espresso.tell({ do: "TERMINATE" });
      await espresso.says("ended", true);
    },
  }));

test("Last value cache: who subscribes late is told the latest of its topics, once for each subscription", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const cache = stage.actor("cache", "publishing", "cache");
      const [front, back] = (await cache.bound(2)) as [string, string];
      const [toFront, toBack] = [await stage.link(front), await stage.link(back)];
      const publisher = stage.actor("publisher", "publishing", "publisher", { endpoint: toFront, topics: 1 });
      await publisher.says("heeded", true);
      const topics = Array.from({ length: 50 }, (_, number) => `t${String(number).padStart(2, "0")}`);
      publisher.tell({ publish: topics.map((topic) => [topic, `first ${topic}`]) });
      publisher.tell({ publish: [["t07", "second t07"]] });
      await cache.saysTimes("kept", 51);
      const late = stage.actor("late", "publishing", "subscriber", { endpoint: toBack, topics: ["t07"] });
      await late.says("received", "second t07");
      const later = stage.actor("later", "publishing", "subscriber", { endpoint: toBack, topics: ["t07", "t08"] });
      await later.says("received", "second t07");
      await later.says("received", "first t08");
      publisher.tell({
        publish: [
          ["t08", "last t08"],
          ["t07", "last t07"],
        ],
      });
      for (const each of [late, later]) await each.says("received", "last t07");
    },
    findings: ["topic-unasked", "published-unheard", "slow-joiner"],
  }));

test("Freelance: a client that asks all servers at once, and one that pings them, go on when one dies", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const started = async (role: string, name: string) => {
        const server = stage.actor(name, "freelance", role, { name });
        const [endpoint] = (await server.bound()) as [string];
        return { server, endpoint: await stage.link(endpoint) };
      };
      const [one, two] = [await started("server", "one"), await started("server", "two")];
      const shotgun = stage.actor("shotgun", "freelance", "shotgun", { endpoints: [one.endpoint, two.endpoint] });
      for (const question of ["1", "2", "3"]) await asks(shotgun, question, "OK");
      for (const { server } of [one, two]) await server.says("answered", "3");
      await one.server.kill();
      for (const question of ["4", "5"]) await asks(shotgun, question, "OK");

      const [first, second] = [await started("named_server", "first"), await started("named_server", "second")];
      const servers = [
        ["first", first.endpoint],
        ["second", second.endpoint],
      ];
      const client = stage.actor("pinging", "freelance", "pinging", { servers, timeout_ms: TIMEOUT_MS });
      for (const question of ["1", "2"]) await asks(client, question, "first");
      await first.server.kill();
      for (const question of ["3", "4"]) await asks(client, question, "second");
    },
    findings: ["server-down", "request-peer-gone", "request-unanswered"],
  }));

test("Heartbeats: a client lets go of a server that stands still, and takes it up again when it goes on", (t) =>
  sameThroughTaps(t, {
    play: async (stage) => {
      const server = stage.actor("server", "heartbeats", "server");
      const [endpoint] = (await server.bound()) as [string];
      const client = stage.actor("client", "heartbeats", "client", { endpoint: await stage.link(endpoint) });
      client.tell({ ask: "1" });
      await client.happens("answer", "1");
      await server.kill("SIGSTOP");
      await client.happens("event", "DISCONNECTED");
      await server.kill("SIGCONT");
      await client.happens("event", "HANDSHAKE_SUCCEEDED");
      client.tell({ ask: "2" });
      await client.happens("answer", "2");
    },
    findings: ["heartbeat-missed", "reconnect-storm", "handshake-failed"],
    // While the server stands still, each try ends in the same silence, as often as time allows.
    normalised: (_name, happening) => happening,
  }));

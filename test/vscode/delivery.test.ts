import assert from "node:assert/strict";
import { Delivery } from "../../src/host/delivery.ts";
import { Channel } from "../../src/shared/channel.ts";

type Questions = Record<string, { ask: null; answer: number }>;

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

suite("Delivery", () => {
  test("lets whoever asked go on before a notice that came behind the answer in the same chunk", async () => {
    const heard: string[] = [];
    const channel = new Channel<Questions, number, Record<string, never>, never>(
      { post: () => undefined },
      {},
      (notice) => heard.push(`notice ${notice}`),
    );
    const ask = async (name: string): Promise<void> => {
      const answer = await channel.ask(name, null);
      // As deep as the host's own chain of awaits, and deeper.
      for (let i = 0; i < 10; i++) await Promise.resolve();
      heard.push(`answer ${answer}`);
    };
    const asked = [ask("a"), ask("b")];
    const delivery = new Delivery((value) => channel.receive(value));
    for (const value of [
      { kind: "notice", notice: 1 },
      { kind: "answer", id: 1, body: 1 },
      { kind: "notice", notice: 2 },
      { kind: "answer", id: 2, body: 2 },
      { kind: "notice", notice: 3 },
    ])
      delivery.push(value);
    await Promise.all(asked);
    while (heard.length < 5) await nextTurn();
    assert.deepEqual(heard, ["notice 1", "answer 1", "notice 2", "answer 2", "notice 3"]);
  });

  test("keeps what comes between two turns behind what waits already", async () => {
    const heard: unknown[] = [];
    const delivery = new Delivery((value) => heard.push(value));
    const answer = { kind: "answer", id: 1, body: null };
    delivery.push(answer);
    delivery.push("waits");
    await Promise.resolve();
    delivery.push("came later");
    assert.deepEqual(heard, [answer]);
    await nextTurn();
    assert.deepEqual(heard, [answer, "waits", "came later"]);
  });
});

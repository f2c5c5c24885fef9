import assert from "node:assert/strict";
import { test } from "node:test";
import { SubscriptionBook } from "../../../src/proxy/pictures/subscriptionBook.ts";
import { seeded } from "../../support/captures.ts";

test("SubscriptionBook counts links whose subscriptions cover a topic, each once", () => {
  const book = new SubscriptionBook();
  book.add(1, "");
  book.add(1, "a/");
  book.add(2, "a/b");
  book.add(2, "a/b");
  book.add(3, "z");
  assert.deepEqual(
    ["a/b", "a/c", "z1", ""].map((topic) => book.covering(topic)),
    [2, 1, 2, 1],
  );
  assert.deepEqual(book.of(1, 1), { topics: [""], count: 2 });
  assert.deepEqual(book.of(9, 1), { topics: [], count: 0 });
});

test("SubscriptionBook forgets what is cancelled, and all of a link that is closed", () => {
  const book = new SubscriptionBook();
  for (const topic of ["a", "b", "ab"]) book.add(1, topic);
  book.add(2, "a");
  book.remove(1, "a");
  book.remove(1, "a");
  book.remove(3, "a");
  assert.equal(book.covering("abc"), 2);
  book.closed(1);
  assert.equal(book.covering("abc"), 1);
  book.clear();
  assert.deepEqual([book.covering("abc"), book.of(2, 9).count], [0, 0]);
});

test("SubscriptionBook remembers 100,000 of them", () => {
  const book = new SubscriptionBook();
  for (let topic = 0; topic < 100_001; topic++) book.add(1, `t${topic}`);
  assert.equal(book.of(1, 0).count, 100_000);
});

test("whatever is subscribed and cancelled, SubscriptionBook counts as a look at each link does", () => {
  const random = seeded(3);
  const word = (): string => Array.from({ length: random(4) }, () => "ab"[random(2)]).join("");
  const book = new SubscriptionBook();
  const links = new Map<number, Set<string>>();
  for (let step = 0; step < 3000; step++) {
    const [link, topic] = [random(8), word()];
    const topics = links.get(link) ?? new Set<string>();
    links.set(link, topics);
    switch (random(10)) {
      case 0:
        topics.clear();
        book.closed(link);
        break;
      case 1:
      case 2:
      case 3:
        topics.delete(topic);
        book.remove(link, topic);
        break;
      default:
        topics.add(topic);
        book.add(link, topic);
    }
    const asked = word();
    const covering = [...links.values()].filter((set) => [...set].some((prefix) => asked.startsWith(prefix))).length;
    assert.equal(book.covering(asked), covering);
  }
});

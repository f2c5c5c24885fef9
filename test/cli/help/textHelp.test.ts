import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../../src/cli/help/commands.ts";
import { commandText, helpWidth, overviewText, wrap } from "../../../src/cli/help/textHelp.ts";

const attach = COMMANDS.find(({ name }) => name === "attach")!;

test("helpWidth takes the terminal's columns between 40 and 100, and 80 without a terminal", () => {
  assert.deepEqual([undefined, NaN, 0, 10, 40, 72.5, 100, 200].map(helpWidth), [80, 80, 80, 40, 40, 72, 100, 100]);
});

test("wrap breaks between words, and leaves a long word whole", () => {
  assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrap("a tcp://127.0.0.1:5556 b", 10), ["a", "tcp://127.0.0.1:5556", "b"]);
  assert.deepEqual(wrap("", 10), [""]);
});

for (const width of [40, 60, 80, 100]) {
  test(`Help fits ${width} columns but for what is copied, and for labels and words that cannot be broken`, () => {
    const whole = (line: string): boolean =>
      /^(Usage:| {7}zmq-tap| {2}(zmq-tap|eval|--))/.test(line) || !line.trim().includes(" ");
    for (const text of [overviewText(width), ...COMMANDS.map((command) => commandText(command, width))]) {
      for (const line of text.split("\n")) assert.ok(line.length <= width || whole(line), line);
      assert.doesNotMatch(text, / $/m);
    }
  });
}

test("The overview has every command with its summary, the exit codes and the variables", () => {
  const text = overviewText(100);
  for (const { name, summary } of COMMANDS) {
    assert.match(text, new RegExp(`^  ${name} +${summary.split(" ")[0]!}`, "m"));
  }
  assert.match(text, /^ {2}5 {2}an error was found \(check\)$/m);
  assert.match(text, /^ {2}ZMQ_TAP_PASSWORD +password/m);
});

test("The help of a command has its synopsis, options, exit codes, environment and examples", () => {
  const text = commandText(attach, 80);
  assert.match(text, /^zmq-tap attach: tap a server/);
  assert.match(text, /^Usage: zmq-tap attach <server endpoint> \[options\]\n {7}zmq-tap attach --jupyter/m);
  assert.match(text, /^ {2}--listen <endpoint> {3}where clients connect/m);
  assert.match(text, /^ {2}--sockets client=<TYPE>,server=<TYPE>\n {24}socket types/m);
  assert.match(text, /^ {2}--fault <spec>[^-]*can be repeated/m);
  assert.match(text, /^Exit codes:\n {2}0 {2}/m);
  assert.match(text, /^Environment:\n {2}ZMQ_TAP_PASSWORD/m);
  assert.match(text, /^Examples:\n {2}zmq-tap attach tcp:\/\/127\.0\.0\.1:5556\n {6}Tap the server/m);
});

test("On a narrow terminal texts stand below what they are about", () => {
  assert.match(commandText(attach, 40), /^ {2}--listen <endpoint>\n {6}where clients connect/m);
});

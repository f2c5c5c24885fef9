import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWER_OPTIONS } from "../../../src/cli/answerArguments.ts";
import { HELP_OPTIONS, KEYGEN_OPTIONS, parseArguments, PROBE_OPTIONS } from "../../../src/cli/arguments.ts";
import { ATTACH_OPTIONS } from "../../../src/cli/attachArguments.ts";
import { BRIDGE_OPTIONS } from "../../../src/cli/bridgeArguments.ts";
import { CALL_OPTIONS } from "../../../src/cli/callArguments.ts";
import { CHECK_OPTIONS, EXPORT_OPTIONS, READ_OPTIONS } from "../../../src/cli/fileArguments.ts";
import type { OptionHelp } from "../../../src/cli/help/commandHelp.ts";
import { COMMANDS, VARIABLES } from "../../../src/cli/help/commands.ts";
import { MCP_OPTIONS } from "../../../src/cli/mcpArguments.ts";
import { REPLAY_OPTIONS } from "../../../src/cli/replayArguments.ts";
import { RUN_OPTIONS } from "../../../src/cli/runArguments.ts";
import { SOCKS_OPTIONS } from "../../../src/cli/socksArguments.ts";
import { WEB_BRIDGE_OPTIONS } from "../../../src/cli/webBridgeArguments.ts";

type Parsed = Readonly<Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean }>>;

/** What each command really takes. */
const TAKEN: Readonly<Record<string, Parsed>> = {
  attach: ATTACH_OPTIONS,
  socks: { ...SOCKS_OPTIONS, for: { type: "string", multiple: true } },
  read: READ_OPTIONS,
  export: EXPORT_OPTIONS,
  check: CHECK_OPTIONS,
  replay: REPLAY_OPTIONS,
  call: CALL_OPTIONS,
  run: RUN_OPTIONS,
  answer: ANSWER_OPTIONS,
  bridge: BRIDGE_OPTIONS,
  "web-bridge": WEB_BRIDGE_OPTIONS,
  mcp: MCP_OPTIONS,
  probe: PROBE_OPTIONS,
  keygen: KEYGEN_OPTIONS,
  fields: {},
  dialects: { json: { type: "boolean" } },
  completion: {},
  help: HELP_OPTIONS,
};

/** Options that parseArgs takes several times, and of which only one is used. */
const ONE_OF_MANY = ["replay curve-client", "call curve-client", "run curve-client", "probe curve-client"];

function helpOf(name: string): Map<string, OptionHelp> {
  const command = COMMANDS.find((known) => known.name === name);
  assert.ok(command);
  return new Map(command.sections.flatMap(({ options }) => Object.entries(options)));
}

test("The help has every command and no other", () => {
  assert.deepEqual(
    COMMANDS.map(({ name }) => name),
    Object.keys(TAKEN),
  );
  const parsed = parseArguments(["no-such-command"]);
  assert.ok(parsed.kind === "bad");
  for (const { name } of COMMANDS) assert.match(parsed.message, new RegExp(`\\b${name}\\b`));
});

for (const [name, taken] of Object.entries(TAKEN)) {
  test(`The help of ${name} has the options that it takes, says which have a value, and which can be repeated`, () => {
    const told = helpOf(name);
    assert.deepEqual([...told.keys()].sort(), Object.keys(taken).sort());
    for (const [option, { type, multiple = false }] of Object.entries(taken)) {
      const help = told.get(option)!;
      assert.equal(help.value !== undefined, type === "string", option);
      const repeats = ONE_OF_MANY.includes(`${name} ${option}`) ? true : (help.repeats ?? false);
      assert.equal(repeats, multiple, option);
    }
  });
}

test("No option stands twice in a command", () => {
  for (const { name, sections } of COMMANDS) {
    const options = sections.flatMap((section) => Object.keys(section.options));
    assert.equal(new Set(options).size, options.length, name);
  }
});

test("Every example of the help is understood", () => {
  for (const { name, examples } of COMMANDS) {
    for (const { line } of examples) {
      // Without what the shell does with its output.
      const command = /zmq-tap (.*?)(?:\)"| (?:\|\||>) [^'"]*)?$/.exec(line)?.[1];
      assert.ok(command, `${name}: ${line}`);
      const parsed = parseArguments(words(command));
      assert.notEqual(parsed.kind, "bad", `${line}: ${parsed.kind === "bad" ? parsed.message : ""}`);
    }
  }
});

test("Texts are sentences without a full stop, which the help adds where it wants one", () => {
  for (const { name, summary, sections, exitCodes, environment = [] } of COMMANDS) {
    const texts = [
      summary,
      ...sections.flatMap(({ options }) => Object.values(options).map(({ text }) => text)),
      ...[...exitCodes, ...environment].map(([, meaning]) => meaning),
    ];
    for (const text of texts) assert.match(text, /^\S.*[^.\s]$/, `${name}: ${text}`);
    assert.ok(
      exitCodes.some(([code]) => code === 2),
      name,
    );
  }
  assert.ok(VARIABLES.some(([name]) => name === "ZMQ_TAP_PASSWORD"));
});

/** The words of a line as a shell takes them apart. */
function words(line: string): string[] {
  const found = line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g);
  return [...found].map(([, single, double, bare]) => single ?? double ?? bare ?? "").filter((word) => word !== "");
}

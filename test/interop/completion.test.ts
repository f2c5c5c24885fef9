import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { completionScript } from "../../src/cli/help/completion.ts";
import { type Shell, SHELLS } from "../../src/cli/help/otherHelp.ts";
import { findPython } from "./peers/python.ts";

const TYPED_LINE = fileURLToPath(new URL("./peers/typedLine.py", import.meta.url));
/** What the shells show as prompt, and what a `zmq-tap` that only says its arguments shows behind them. */
const READY = "READY>";
const DONE = "<<DONE>>";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "zt-"));
  await mkdir(join(folder, "captures"));
  await writeFile(join(folder, "traffic one.pcapng"), "");
  const function_ = `zmq-tap() { local word; for word in "$@"; do echo "<$word>"; done; echo '<''<DONE>>'; }`;
  await writeFile(
    join(folder, "bashrc"),
    `${completionScript("bash")}\n${function_}\nbind 'set bell-style none'\nbind 'set enable-bracketed-paste off'\nPS1='${READY} '\n`,
  );
  await writeFile(
    join(folder, ".zshrc"),
    `autoload -U compinit; compinit -u -D\n${completionScript("zsh")}\n${function_}\nunsetopt beep\nPROMPT='${READY} '\n`,
  );
  await writeFile(
    join(folder, "config.fish"),
    `${completionScript("fish")}
function zmq-tap; for word in $argv; echo "<$word>"; end; echo '<''<DONE>>'; end
function fish_prompt; echo -n '${READY} '; end
function fish_greeting; end
`,
  );
});
after(() => rm(folder, { recursive: true, force: true }));

const COMMANDS: Readonly<Record<Shell, readonly string[]>> = {
  bash: ["bash", "--noprofile", "--rcfile", "bashrc", "-i"],
  zsh: ["zsh", "-i"],
  fish: ["fish", "--no-config", "--init-command", "source config.fish"],
};

/** The words that `zmq-tap` gets when a line is typed, in which ⇥ is the tabulator. */
async function typed(shell: Shell, line: string): Promise<readonly string[]> {
  const keys = `${line.replaceAll("⇥", "\t")}\r`;
  const { stdout } = await promisify(execFile)(findPython(), [TYPED_LINE, READY, DONE, keys, ...COMMANDS[shell]], {
    cwd: folder,
    env: { ...process.env, HOME: folder, ZDOTDIR: folder, XDG_CONFIG_HOME: folder, TERM: "xterm", LANG: "C.UTF-8" },
  });
  const shown = stdout.slice(0, stdout.indexOf(DONE));
  // Shells differ in whether the slash behind a folder stays.
  return [...shown.matchAll(/^<([^<>\r\n]*?)\/?>\r?$/gm)].map(([, word]) => word!);
}

const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["zmq-tap att⇥", ["attach"]],
  ["zmq-tap attach tcp://127.0.0.1:5556 --wat⇥", ["attach", "tcp://127.0.0.1:5556", "--watch-all"]],
  ["zmq-tap read --dialect json⇥", ["read", "--dialect", "json-rpc"]],
  ["zmq-tap read traf⇥", ["read", "traffic one.pcapng"]],
  ["zmq-tap attach x --dir cap⇥", ["attach", "x", "--dir", "captures"]],
  ["zmq-tap bridge buf⇥ --fan-out rou⇥", ["bridge", "buffered-rep-req", "--fan-out", "round-robin"]],
  ["zmq-tap check x --disable slow-j⇥", ["check", "x", "--disable", "slow-joiner"]],
  ["zmq-tap help keyg⇥", ["help", "keygen"]],
  ["zmq-tap completion fi⇥", ["completion", "fish"]],
];

for (const shell of SHELLS) {
  test(`${shell} completes commands, options, their values and names of files`, async () => {
    for (const [line, words] of LINES) assert.deepEqual(await typed(shell, line), words, line);
  });
}

test("bash completes the value of an option behind its sign", async () => {
  assert.deepEqual(await typed("bash", "zmq-tap read --dialect=jup⇥"), ["read", "--dialect=jupyter"]);
});

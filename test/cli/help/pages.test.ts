import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { COMMANDS } from "../../../src/cli/help/commands.ts";
import { manPage } from "../../../src/cli/help/manPage.ts";
import { markdownHelp } from "../../../src/cli/help/markdownHelp.ts";

test("docs/cli-reference.md is what the help says", async () => {
  const page = await readFile("docs/cli-reference.md", "utf8");
  assert.equal(
    page,
    markdownHelp(),
    "Write it anew: node src/cli/main.ts help --format markdown > docs/cli-reference.md",
  );
});

test("The page of documentation leads to every command, and no cell breaks its table", () => {
  const page = markdownHelp();
  for (const { name } of COMMANDS) {
    assert.ok(page.includes(`[${name}](#${name})`));
    assert.match(page, new RegExp(`^## ${name}$`, "m"));
  }
  for (const line of page.split("\n").filter((one) => one.startsWith("| `--"))) {
    assert.equal(line.replaceAll("\\|", "").match(/\|/g)?.length, 3, line);
  }
});

test("The manual page has every command and option, and no line that is a request by accident", () => {
  const page = manPage("1.2.3");
  assert.match(page, /^\.TH ZMQ\\-TAP 1 "" "zmq\\-tap 1\.2\.3" "ZMQ Tap"$/m);
  for (const { name, sections } of COMMANDS) {
    assert.ok(page.includes(`.SS zmq\\-tap ${name.replaceAll("-", "\\-")}\n`), name);
    for (const option of sections.flatMap(({ options }) => Object.keys(options))) {
      assert.ok(page.includes(`.B \\-\\-${option.replaceAll("-", "\\-")}`), `${name} --${option}`);
    }
  }
  const requests = /^\.(TH|nh|ad|SH|SS|TP|PP|B|I|BR|br|nf|fi|RS|RE)( |$)/;
  for (const line of page.split("\n").filter((one) => /^[.']/.test(one))) assert.match(line, requests);
});

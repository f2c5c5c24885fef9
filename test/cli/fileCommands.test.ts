import assert from "node:assert/strict";
import { mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { CompileFilter } from "../../src/cli/compileFilter.ts";
import { exportFile } from "../../src/cli/exportFile.ts";
import type { FileTools } from "../../src/cli/fileRows.ts";
import { Output } from "../../src/cli/output.ts";
import { readFile } from "../../src/cli/readFile.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { openLink, say } from "../support/captures.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-files-"));
after(() => rmSync(folder, { recursive: true }));
let outputs = 0;

/** What was written to a standard stream of the command. */
async function said(run: (output: Output) => Promise<number>): Promise<{ code: number; text: string }> {
  const path = join(folder, `said-${outputs++}`);
  const fd = openSync(path, "w");
  const code = await run(new Output(fd));
  closeSync(fd);
  return { code, text: readFileSync(path, "utf8") };
}

/** A file of ten publications, of which `batch` come at once; then `problem` is found. */
function tools(batch = 3, problem: string | null = null): FileTools {
  const compile: CompileFilter = (text) =>
    text === "even" ? { matches: (n) => n % 2 === 0 } : { problem: `${text}\n^ is no filter` };
  return {
    compile,
    open: (path) => {
      if (path === "none") return Promise.reject(new Error("none is not there."));
      const capture = new Capture({ maxBytes: 0 });
      const link = openLink(capture, { tap: "weather", sockets: { client: "PUB", server: "SUB" } });
      const read = async (onRows: () => Promise<void>): Promise<string | null> => {
        for (let n = 1; n <= 10; n++) {
          say(capture, link, 0, [n < 4 ? "rain" : "sun", `${n}`]);
          if (n % batch === 0) await onRows();
        }
        return problem;
      };
      const markOf = (n: number): { pinned: boolean; note: string } | null =>
        n === 2 ? { pinned: true, note: "" } : null;
      return Promise.resolve({ capture, read, markOf, watch: null, close: () => Promise.resolve() });
    },
  };
}

const reading = { file: "x", filter: null, json: false, full: false, stats: false, dialect: null };

test("read prints each row once as it comes, those that fit, as text or JSON", async () => {
  const all = await said((output) => readFile(reading, tools(), output));
  assert.equal(all.code, 0);
  assert.deepEqual(
    all.text
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^.*PUB/, "PUB")),
    Array.from({ length: 10 }, (_, at) => `PUB → SUB  2 frames, ${at < 3 ? 5 : at < 9 ? 4 : 5} B  ${at + 1}`),
  );
  const even = await said((output) => readFile({ ...reading, filter: "even", json: true }, tools(), output));
  const lines = even.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ n, pinned }) => [n, pinned]),
    [
      [2, true],
      [4, undefined],
      [6, undefined],
      [8, undefined],
      [10, undefined],
    ],
  );
});

test("read counts instead with --stats", async () => {
  const { text } = await said((output) => readFile({ ...reading, stats: true, json: true }, tools(), output));
  const { first, last, ...counts } = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(counts, {
    rows: 10,
    messages: 10,
    encrypted: 0,
    octets: 44,
    links: 1,
    taps: [{ name: "weather", messages: 10, octets: 44 }],
    directions: [{ name: "client to server", messages: 10, octets: 44 }],
    sockets: [{ name: "PUB → SUB", messages: 10, octets: 44 }],
    topics: [
      { name: "sun", messages: 7, octets: 29 },
      { name: "rain", messages: 3, octets: 15 },
    ],
    differentTopics: 2,
    methods: [],
    differentMethods: 0,
  });
  assert.equal(String(first) <= String(last), true);
  const words = await said((output) => readFile({ ...reading, stats: true }, tools(), output));
  assert.match(
    words.text,
    /^10 rows: 10 messages, 44 octets, 1 link\nfrom .* to .*\n\nby tap\n +10 +44 B {2}weather\n/,
  );
  assert.match(words.text, /by topic\n +7 +29 B {2}sun\n +3 +15 B {2}rain\n$/);
});

test("read and export end with 2 for a bad filter, and 1 for a bad file or what is wrong in it", async () => {
  const badFilter = await said((output) => readFile({ ...reading, filter: "odd" }, tools(), output, output));
  assert.deepEqual(badFilter, { code: 2, text: "odd\n^ is no filter\n" });
  const noFile = await said((output) => readFile({ ...reading, file: "none" }, tools(), output, output));
  assert.deepEqual(noFile, { code: 1, text: "none is not there.\n" });
  const problem = "x ends in the middle of a block at 123.";
  const cut = await said((output) => readFile(reading, tools(3, problem), output, output));
  assert.deepEqual([cut.code, cut.text.split("\n").length, cut.text.endsWith(`${problem}\n`)], [1, 12, true]);
  const exporting = {
    file: "x",
    to: join(folder, "bad.csv"),
    format: "csv",
    filter: "odd",
    force: false,
    dialect: null,
  } as const;
  assert.equal((await said((output) => exportFile(exporting, tools(), output))).code, 2);
  const nowhere = { ...exporting, filter: null, to: join(folder, "no", "x.csv") };
  assert.match((await said((output) => exportFile(nowhere, tools(), output))).text, /its folder does not exist/);
  assert.equal(
    readdirSync(folder).some((name) => name.startsWith("bad")),
    false,
  );
});

test("export writes the rows that fit and says how many, and replaces a file with --force only", async () => {
  const to = join(folder, "even.csv");
  writeFileSync(to, "before");
  const options = { file: "x", to, format: "csv", filter: "even", force: false, dialect: null } as const;
  const refused = await said((output) => exportFile(options, tools(), output));
  assert.deepEqual([refused.code, readFileSync(to, "utf8")], [1, "before"]);
  assert.match(refused.text, /even\.csv is there already\. .*--force\.\n$/);
  const done = await said((output) => exportFile({ ...options, force: true }, tools(4), output));
  assert.equal(done.code, 0);
  assert.match(done.text, /^5 rows, \d+ octets written to .*even\.csv\n$/);
  assert.deepEqual(
    readFileSync(to, "utf8")
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(",")[0]),
    ["n", "2", "4", "6", "8", "10"],
  );
});

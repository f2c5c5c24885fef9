import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkFile } from "../../src/cli/checkFile.ts";
import type { OpenedFile, OpenOptions } from "../../src/cli/openCaptureFile.ts";
import { Output } from "../../src/cli/output.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { CaptureWatch } from "../../src/proxy/captureWatch.ts";
import { openLink, say } from "../support/captures.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-check-"));
after(() => rmSync(folder, { recursive: true }));
let outputs = 0;

/** What the command writes of a file whose DEALER sends a REP requests, `isGood` or not. */
async function checked(
  options: Partial<Parameters<typeof checkFile>[0]>,
  { isGood = false, problem = null }: { readonly isGood?: boolean; readonly problem?: string | null } = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const open = (path: string, { findings }: OpenOptions): Promise<OpenedFile> => {
    if (path === "none") return Promise.reject(new Error("none is not there."));
    const capture = new Capture({ maxBytes: 0 });
    const { disabled = [] } = findings ?? {};
    const watch = new CaptureWatch(capture, { isFile: true, isEnded: () => true, disabled });
    return Promise.resolve({
      capture,
      watch,
      markOf: () => null,
      read: async (onRows) => {
        const link = openLink(capture, { sockets: { client: "DEALER", server: "REP" } });
        for (let at = 0; at < 3; at++) say(capture, link, 0, isGood ? ["", "work"] : ["work", `${at}`]);
        await onRows();
        return problem;
      },
      close: () => {
        watch.dispose();
        return Promise.resolve();
      },
    });
  };
  const paths = [join(folder, `out-${outputs}`), join(folder, `err-${outputs++}`)];
  const files = paths.map((path) => openSync(path, "w"));
  const [stdout, stderr] = files.map((fd) => new Output(fd));
  const code = await checkFile(
    { file: "x", json: false, disabled: [], sequences: [], dialect: null, ...options },
    open,
    stdout,
    stderr,
  );
  files.forEach((fd) => closeSync(fd));
  const [out, err] = paths.map((path) => readFileSync(path, "utf8"));
  return { code, out: out!, err: err! };
}

test("check prints a finding per line, and ends with 5 when one is an error", async () => {
  const { code, out, err } = await checked({});
  assert.match(out, /^error {4}rep-missing-delimiter: DEALER at \S+ sends requests .*  \(3 times; rows 1, 2, 3\)\n$/);
  assert.deepEqual([code, err], [5, "1 error, 0 warnings, 0 notes in 3 rows\n"]);
});

test("check --json prints an object per line", async () => {
  const { code, out } = await checked({ json: true });
  const [line, ...others] = out.trimEnd().split("\n");
  const { id, severity, evidence, count } = JSON.parse(line!) as Record<string, unknown>;
  assert.deepEqual(
    [code, id, severity, evidence, count, others],
    [5, "rep-missing-delimiter", "error", [1, 2, 3], 3, []],
  );
});

test("check ends with 0 where nothing is found, or what is found was left out", async () => {
  const nothing = { code: 0, out: "", err: "nothing found in 3 rows\n" };
  assert.deepEqual(await checked({}, { isGood: true }), nothing);
  assert.deepEqual(await checked({ disabled: ["rep-missing-delimiter"] }), nothing);
});

test("check says what is wrong with a file, and ends with 1 unless an error was found in it", async () => {
  assert.deepEqual(await checked({ file: "none" }), { code: 1, out: "", err: "none is not there.\n" });
  const cut = await checked({}, { isGood: true, problem: "It is cut off." });
  assert.deepEqual([cut.code, cut.err], [1, "It is cut off.\nnothing found in 3 rows\n"]);
  assert.equal((await checked({}, { problem: "It is cut off." })).code, 5);
});

import type { Finding } from "../shared/findings.ts";
import type { CheckOptions } from "./fileArguments.ts";
import { findingJson, findingText } from "./findingLines.ts";
import type { OpenedFile, OpenFile } from "./openCaptureFile.ts";
import { Output } from "./output.ts";

/** Exit code when something that was found is an error. */
const FOUND_ERROR = 5;

/**
 * Prints what is found in a capture file. Resolves with the exit code: 5 when any of it is an error, else 1 for a file that
 * cannot be read whole, with a sentence on stderr.
 */
export async function checkFile(
  { file, json, disabled, sequences, dialect }: CheckOptions,
  open: OpenFile,
  stdout = new Output(1),
  stderr = new Output(2),
): Promise<number> {
  let opened: OpenedFile | undefined;
  try {
    opened = await open(file, { isWhole: false, dialect, findings: { disabled, sequences } });
    const watch = opened.watch!;
    const problem = await opened.read(() => watch.settled());
    if (problem !== null) await stderr.write(`${problem}\n`);
    const { findings, dropped } = watch.state();
    const lines = findings.map((each) => (json ? JSON.stringify(findingJson(each)) : findingText(each)));
    await stdout.write(lines.map((line) => `${line}\n`).join(""));
    await stderr.write(`${summary(findings, dropped, opened.capture.lastN)}\n`);
    if (findings.some(({ severity }) => severity === "error")) return FOUND_ERROR;
    return problem === null ? 0 : 1;
  } catch (error) {
    await stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await opened?.close();
  }
}

function summary(findings: readonly Finding[], dropped: number, rows: number): string {
  const count = (severity: Finding["severity"]): string => {
    const found = findings.filter((each) => each.severity === severity).length;
    return `${found} ${severity}${found === 1 ? "" : "s"}`;
  };
  const more = dropped === 0 ? "" : `; ${dropped} milder or older ones were left out`;
  const what = `${count("error")}, ${count("warning")}, ${count("note")}`;
  return findings.length === 0 ? `nothing found in ${rows} rows` : `${what} in ${rows} rows${more}`;
}

import { differenceLines } from "../shared/zmqrpc/resultText.ts";
import type { RunResult } from "../shared/zmqrpc/runCall.ts";

/** What came of the calls of one file, and how long each took. */
export type FileResults = {
  readonly file: string;
  readonly results: readonly { readonly result: RunResult; readonly seconds: number }[];
};

/** The results as JUnit's XML, which CI systems show. `clean` takes out what must not be seen. */
export function junitXml(files: readonly FileResults[], clean: (text: string) => string): string {
  const text = (value: string): string => escaped(clean(value));
  const suites = files.map(({ file, results }) => {
    const cases = results.map(({ result, seconds }) => {
      const head = `    <testcase name="${text(result.name)}" classname="${text(file)}" time="${seconds.toFixed(6)}"`;
      if (result.status === "passed") return `${head}/>`;
      const lines = differenceLines(result);
      const tag = isError(result) ? "error" : "failure";
      const message = text(lines[0] ?? result.status);
      return `${head}>\n      <${tag} message="${message}" type="${result.status}">${text(lines.join("\n"))}</${tag}>\n    </testcase>`;
    });
    return [`  <testsuite name="${text(file)}" ${counts(results)}>`, ...cases, "  </testsuite>"].join("\n");
  });
  const all = files.flatMap(({ results }) => results);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="zmq-tap run" ${counts(all)}>`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function counts(results: FileResults["results"]): string {
  const errors = results.filter(({ result }) => isError(result)).length;
  const failures = results.filter(({ result }) => result.status !== "passed").length - errors;
  const seconds = results.reduce((sum, one) => sum + one.seconds, 0);
  return `tests="${results.length}" failures="${failures}" errors="${errors}" skipped="0" time="${seconds.toFixed(6)}"`;
}

function isError({ status }: RunResult): boolean {
  return status === "broken" || status === "cancelled";
}

/** XML takes few control characters, not even escaped, and no half of a pair. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

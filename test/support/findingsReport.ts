import { appendFileSync } from "node:fs";
import { basename } from "node:path";
import type { Finding } from "../../src/shared/findings.ts";

/**
 * Adds what an engine of a test has found to the file that ZMQ_TAP_FINDINGS_REPORT names, a line for each finding, to look
 * through the whole suite for false alarms. `test` names the test where that is known. Without that variable it does nothing.
 */
export function reportFindings(findings: readonly Finding[], test = ""): void {
  const file = process.env["ZMQ_TAP_FINDINGS_REPORT"];
  if (file === undefined) return;
  const lines = findings.map(
    ({ severity, id, text }) => `${basename(process.argv[1] ?? "")} | ${test} | ${severity} ${id} | ${text}\n`,
  );
  appendFileSync(file, lines.join(""));
}

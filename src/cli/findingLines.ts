import type { Finding } from "../shared/findings.ts";

/** What there is to know of a finding, with what matters most in front. As in other lines, its tap is told by name. */
export function findingJson({ id, severity, text, evidence, tapName, ...rest }: Finding): object {
  return { id, severity, text, evidence, ...rest, tap: tapName };
}

/** A finding in one line: `warning  slow-joiner: …  (3 times; rows 4, 7)`. */
export function findingText({ id, severity, text, evidence, count }: Finding): string {
  const times = count > 1 ? [`${count} times`] : [];
  const rows = evidence.length > 0 ? [`row${evidence.length === 1 ? "" : "s"} ${evidence.join(", ")}`] : [];
  const facts = [...times, ...rows].join("; ");
  return `${severity.padEnd(7)}  ${id}: ${text}${facts === "" ? "" : `  (${facts})`}`;
}

import process from "node:process";

/** The options given cannot be used. */
export class UsageError extends Error {}

/** Ends the program with what went wrong: exit code 2 and how it is called for options, else 1. */
export function fail(error: unknown, usage: string): void {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? `${usage}\n` : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}

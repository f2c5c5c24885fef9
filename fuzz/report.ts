import type { FuzzOutcome } from "./fuzzTarget.ts";

export type FuzzRun = {
  readonly seed: number;
  readonly startedAt: Date;
  readonly seconds: number;
  readonly node: string;
  /** Of all targets, with what each is about; those that have not begun yet have run nothing. */
  readonly outcomes: readonly (FuzzOutcome & { readonly about: string })[];
};

/** What a run has come to so far, as Markdown. */
export function fuzzReport({ seed, startedAt, seconds, node, outcomes }: FuzzRun): string {
  const executions = outcomes.reduce((sum, outcome) => sum + outcome.executions, 0);
  const findings = outcomes.flatMap((outcome) => outcome.findings.map((finding) => ({ ...finding, outcome })));
  const found = findings.length === 1 ? "1 finding" : `${findings.length} findings`;
  return [
    "# Fuzz",
    "",
    `Begun ${startedAt.toISOString()}, ${minutes(seconds)} so far, seed ${seed}, Node ${node}: ` +
      `**${number(executions)} inputs** to ${outcomes.length} targets, **${found}**.`,
    "",
    "| target | what is given, and what must hold | inputs | per second | characters of source run | inputs kept | findings |",
    "|---|---|--:|--:|--:|--:|--:|",
    ...outcomes.map(
      ({ name, about, executions: count, seconds: took, characters, corpus, findings: own }) =>
        `| ${name} | ${about} | ${number(count)} | ${number(took === 0 ? 0 : count / took)} | ${number(characters)} | ${number(corpus)} | ${own.length} |`,
    ),
    "",
    ...findings.flatMap(({ kind, what, stack, input, outcome: { name, seed: own } }) => [
      `## ${name}: ${kind}`,
      "",
      `${what} (${input.length} octets, seed ${own}). Again: \`npm run fuzz -- --target ${name} --input ${toBase64(input)}\``,
      "",
      "```",
      ...stack.split("\n").slice(0, 12),
      "```",
      "",
    ]),
  ].join("\n");
}

export const toBase64 = (input: Uint8Array): string => Buffer.from(input).toString("base64");

const number = (value: number): string => Math.round(value).toLocaleString("en");

const minutes = (seconds: number): string => `${(seconds / 60).toFixed(1)} minutes`;

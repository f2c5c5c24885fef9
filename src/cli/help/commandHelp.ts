/** What a shell offers where a value is typed: names of files or folders, these words, or nothing. */
export type Completes = "file" | "folder" | readonly string[];

export type OptionHelp = {
  /** Stands for its value, such as `<endpoint>`; left out for an option without one. */
  readonly value?: string;
  /** One or more sentences, the first without a capital letter; no full stop at the end. */
  readonly text: string;
  /** It can be given several times. */
  readonly repeats?: true;
  readonly completes?: Completes;
};

/** Options by their names without dashes, under a title. */
export type OptionSection = {
  readonly title: string;
  /** A paragraph in front of them. */
  readonly about?: string;
  readonly options: Readonly<Record<string, OptionHelp>>;
};

type Example = { readonly line: string; readonly text: string };

/** All that is known about one command: help, man page, reference and completion are made of it. */
export type CommandHelp = {
  readonly name: string;
  readonly group: CommandGroup;
  /** What it does, in a few words: "tap a server, …". */
  readonly summary: string;
  /** What stands behind its name, one line for each way to use it. */
  readonly synopsis: readonly string[];
  /** Paragraphs. */
  readonly about: readonly string[];
  /** What its operands are, for completion; left out where a shell knows none. */
  readonly operand?: Completes;
  readonly sections: readonly OptionSection[];
  readonly exitCodes: readonly ExitCode[];
  readonly environment?: readonly Variable[];
  readonly examples: readonly Example[];
};

export type ExitCode = readonly [code: number, meaning: string];
export type Variable = readonly [name: string, meaning: string];

/** How commands stand together, in the order in which they are listed. */
export const COMMAND_GROUPS = ["Taps", "Capture files", "Calls and answers", "Bridges", "Assistants", "Tools"] as const;
type CommandGroup = (typeof COMMAND_GROUPS)[number];

export const PLAIN_PASSWORD: Variable = ["ZMQ_TAP_PASSWORD", "password of the user of --plain-user"];
export const BAD_ARGUMENTS: ExitCode = [2, "bad arguments, which one sentence on stderr explains"];

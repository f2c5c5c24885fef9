import {
  COMMAND_GROUPS,
  type CommandHelp,
  type ExitCode,
  type OptionHelp,
  type OptionSection,
  type Variable,
} from "./commandHelp.ts";
import { ABOUT, COMMANDS, EXIT_CODES, GENERAL_OPTIONS, TITLE, VARIABLES } from "./commands.ts";

const DEFAULT_WIDTH = 80;
const MIN_WIDTH = 40;
const MAX_WIDTH = 100;
/** Where texts begin beside what they are about, and from which width on they stand there. */
const TEXT_COLUMN = 24;
const WIDTH_FOR_COLUMNS = 60;
const NARROW_INDENT = 6;

/** Columns that help takes on a terminal of so many; `undefined` where there is no terminal. */
export function helpWidth(columns: number | undefined): number {
  if (columns === undefined || !(columns > 0)) return DEFAULT_WIDTH;
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.floor(columns)));
}

/** What `zmq-tap --help` prints. */
export function overviewText(width: number): string {
  const groups = COMMAND_GROUPS.map((group) => {
    const commands = COMMANDS.filter((command) => command.group === group);
    return block(
      group,
      commands.flatMap(({ name, summary }) => entry(name, summary, width)),
    );
  });
  const general = Object.entries(GENERAL_OPTIONS).flatMap(([name, text]) => entry(`--${name}`, text, width));
  return page([
    wrap(`zmq-tap: ${TITLE}`, width),
    ["Usage: zmq-tap <command> [options]"],
    ...ABOUT.map((text) => wrap(text, width)),
    ...groups,
    block("Options", general),
    block("Exit codes", codes(EXIT_CODES, width)),
    block("Environment", variables(VARIABLES, width)),
    [
      ...wrap("zmq-tap <command> --help tells all about a command. To begin:", width),
      "  zmq-tap attach tcp://127.0.0.1:5556",
    ],
  ]);
}

/** What `zmq-tap <command> --help` prints. */
export function commandText(command: CommandHelp, width: number): string {
  const { name, summary, synopsis, about, sections, exitCodes, environment = [], examples } = command;
  return page([
    wrap(`zmq-tap ${name}: ${summary}`, width),
    synopsis.map((line, at) => `${at === 0 ? "Usage:" : "      "} zmq-tap ${name} ${line}`.trimEnd()),
    ...about.map((text) => wrap(text, width)),
    ...sections.map((section) => optionBlock(section, width)),
    block("Exit codes", codes(exitCodes, width)),
    ...(environment.length === 0 ? [] : [block("Environment", variables(environment, width))]),
    ...(examples.length === 0
      ? []
      : [
          block(
            examples.length === 1 ? "Example" : "Examples",
            // Lines to copy stay whole.
            examples.flatMap(({ line, text }) => [`  ${line}`, ...indented(text, width, NARROW_INDENT)]),
          ),
        ]),
  ]);
}

/** `--listen <endpoint>`. */
export function optionLabel(name: string, { value }: OptionHelp): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** What an option does, and whether it can be given again. */
export function optionText({ text, repeats }: OptionHelp): string {
  return repeats === true ? `${text}; can be repeated` : text;
}

function optionBlock({ title, about, options }: OptionSection, width: number): string[] {
  const introduction = about === undefined ? [] : indented(about, width, 2);
  const entries = Object.entries(options).flatMap(([name, option]) =>
    entry(optionLabel(name, option), optionText(option), width),
  );
  return block(title, [...introduction, ...entries]);
}

function codes(list: readonly ExitCode[], width: number): string[] {
  return list.flatMap(([code, meaning]) => {
    const [first = "", ...rest] = wrap(meaning, width - 5);
    return [`  ${code}  ${first}`, ...rest.map((line) => `     ${line}`)];
  });
}

function variables(list: readonly Variable[], width: number): string[] {
  return list.flatMap(([name, meaning]) => entry(name, meaning, width));
}

function block(title: string, lines: readonly string[]): string[] {
  return [`${title}:`, ...lines];
}

/** Something and its text beside it, or below where it is long or the terminal narrow. */
function entry(label: string, text: string, width: number): string[] {
  if (width < WIDTH_FOR_COLUMNS) return [`  ${label}`, ...indented(text, width, NARROW_INDENT)];
  const lines = indented(text, width, TEXT_COLUMN);
  if (label.length > TEXT_COLUMN - 4) return [`  ${label}`, ...lines];
  return [`  ${label}`.padEnd(TEXT_COLUMN) + (lines[0] ?? "").trimStart(), ...lines.slice(1)];
}

function indented(text: string, width: number, indent: number): string[] {
  return wrap(text, width - indent).map((line) => " ".repeat(indent) + line);
}

/** Text in lines of at most so many columns; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

function page(parts: readonly (readonly string[])[]): string {
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

import { type CommandHelp, type ExitCode, type Variable } from "./commandHelp.ts";
import { ABOUT, COMMANDS, EXIT_CODES, GENERAL_OPTIONS, TITLE, VARIABLES } from "./commands.ts";
import { optionLabel, optionText } from "./textHelp.ts";

/** All of the help as a manual page, in the language of `man` (groff_man(7)). */
export function manPage(version: string): string {
  const lines = [
    `.TH ZMQ\\-TAP 1 "" "zmq\\-tap ${roff(version)}" "ZMQ Tap"`,
    // Neither hyphens nor blanks that are not there.
    ".nh",
    ".ad l",
    ".SH NAME",
    `zmq\\-tap \\- ${roff(TITLE)}`,
    ".SH SYNOPSIS",
    ".B zmq\\-tap",
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    ...paragraphs(ABOUT),
    ".SH OPTIONS",
    ...Object.entries(GENERAL_OPTIONS).flatMap(([name, text]) => tagged(`--${name}`, text)),
    ".SH COMMANDS",
    ...COMMANDS.flatMap(commandLines),
    ".SH EXIT STATUS",
    ...codes(EXIT_CODES),
    ".SH ENVIRONMENT",
    ...variables(VARIABLES),
    ".SH SEE ALSO",
    ".BR curl (1),",
    ".BR tshark (1),",
    ".BR zmq (7)",
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(command: CommandHelp): string[] {
  const { name, summary, synopsis, about, sections, exitCodes, environment = [], examples } = command;
  return [
    `.SS ${roff(`zmq-tap ${name}`)}`,
    ...synopsis.flatMap((line) => [`.B ${roff(`zmq-tap ${name}`)}`, ...(line === "" ? [] : [text(line)]), ".br"]),
    ".PP",
    text(`${sentence(summary)}.`),
    ...about.flatMap((paragraph) => [".PP", text(paragraph)]),
    ...sections.flatMap(({ title, about: introduction, options }) => [
      ".PP",
      `.I ${roff(title)}`,
      ...(introduction === undefined ? [] : [".br", text(introduction)]),
      ...Object.entries(options).flatMap(([option, help]) => tagged(optionLabel(option, help), optionText(help))),
    ]),
    ".PP",
    ".I Exit status",
    ...codes(exitCodes),
    ...(environment.length === 0 ? [] : [".PP", ".I Environment", ...variables(environment)]),
    ...examples.flatMap(({ line, text: meaning }, at) => [
      ".PP",
      ...(at === 0 ? [".I Examples", ".PP"] : []),
      text(meaning),
      ".PP",
      ".RS 4",
      ".nf",
      text(line),
      ".fi",
      ".RE",
    ]),
  ];
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((paragraph, at) => [...(at === 0 ? [] : [".PP"]), text(paragraph)]);
}

function codes(list: readonly ExitCode[]): string[] {
  return list.flatMap(([code, meaning]) => tagged(String(code), meaning));
}

function variables(list: readonly Variable[]): string[] {
  return list.flatMap(([name, meaning]) => tagged(name, meaning));
}

function tagged(label: string, meaning: string): string[] {
  return [".TP", `.B ${roff(label)}`, text(`${sentence(meaning)}.`)];
}

function sentence(words: string): string {
  return words.replace(/[.]$/, "").replace(/^[a-z](?![a-z]*-)/, (letter) => letter.toUpperCase());
}

/** Text as a line of its own, which is no request. */
function text(words: string): string {
  const escaped = roff(words);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Characters that groff would take for its own; a dash is one that can be copied. */
function roff(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll('"', "\\(dq")
    .replaceAll("±", "\\(+-");
}

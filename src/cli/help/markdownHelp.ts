import { COMMAND_GROUPS, type CommandHelp, type ExitCode } from "./commandHelp.ts";
import { ABOUT, COMMANDS, EXIT_CODES, TITLE, VARIABLES } from "./commands.ts";
import { optionLabel, optionText } from "./textHelp.ts";

/** All of the help as one page of documentation. */
export function markdownHelp(): string {
  const parts = [
    "# zmq-tap",
    `${TITLE[0]!.toUpperCase()}${TITLE.slice(1)}. \`zmq-tap <command> --help\` says the same in a terminal.`,
    ...ABOUT.map(cell),
    commandList(),
    ...COMMANDS.map(commandPart),
    "## Exit codes",
    codes(EXIT_CODES),
    "## Environment",
    VARIABLES.map(([name, meaning]) => `- \`${name}\`: ${cell(meaning)}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The commands in their groups, each with what it does. */
function commandList(): string {
  const rows = COMMAND_GROUPS.flatMap((group) =>
    COMMANDS.filter((command) => command.group === group).map(
      ({ name, summary }) => `| ${group} | [${name}](#${name}) | ${cell(summary)} |`,
    ),
  );
  return ["| | command | |", "|---|---|---|", ...rows].join("\n");
}

function commandPart(command: CommandHelp): string {
  const { name, summary, synopsis, about, sections, exitCodes, environment = [], examples } = command;
  return [
    `## ${name}`,
    ["```", ...synopsis.map((line) => `zmq-tap ${name} ${line}`.trimEnd()), "```"].join("\n"),
    `${cell(summary[0]!.toUpperCase() + summary.slice(1))}.`,
    ...about.map(cell),
    ...sections.flatMap(({ title, about: introduction, options }) => [
      `**${title}.**${introduction === undefined ? "" : ` ${cell(introduction)}`}`,
      [
        "| option | |",
        "|---|---|",
        ...Object.entries(options).map(
          ([option, help]) => `| \`${optionLabel(option, help).replaceAll("|", "\\|")}\` | ${cell(optionText(help))} |`,
        ),
      ].join("\n"),
    ]),
    "**Exit codes.**",
    codes(exitCodes),
    ...(environment.length === 0
      ? []
      : [`**Environment.** ${environment.map(([known, meaning]) => `\`${known}\`: ${cell(meaning)}`).join("; ")}.`]),
    ...examples.flatMap(({ line, text }) => [cell(text), ["```", line, "```"].join("\n")]),
  ].join("\n\n");
}

function codes(list: readonly ExitCode[]): string {
  return list.map(([code, meaning]) => `- ${code}: ${cell(meaning)}`).join("\n");
}

/** Text in which nothing is markup. */
function cell(text: string): string {
  return text.replace(/[\\`*_<>|~[\]]/g, (character) => `\\${character}`);
}

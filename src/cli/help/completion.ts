import type { CommandHelp, Completes, OptionHelp } from "./commandHelp.ts";
import { COMMANDS, GENERAL_OPTIONS } from "./commands.ts";
import type { Shell } from "./otherHelp.ts";

/** What makes a shell complete `zmq-tap`: commands, their options, and values that are known beforehand. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashScript();
    case "zsh":
      return zshScript();
    case "fish":
      return fishScript();
  }
}

const GENERAL = Object.keys(GENERAL_OPTIONS).map((name) => `--${name}`);
const HELP = ["help", { text: GENERAL_OPTIONS.help }] as const;

function optionsOf({ sections }: CommandHelp): readonly (readonly [name: string, help: OptionHelp])[] {
  return [...sections.flatMap(({ options }) => Object.entries(options)), HELP];
}

/** What `help` completes besides its options. */
function operandOf({ name, operand }: CommandHelp): Completes | undefined {
  return name === "help" ? COMMANDS.map((command) => command.name) : operand;
}

/** The first few words of what an option does. */
function briefly(text: string): string {
  return (/^(.*?)(?:[;:.] | [(]| of those)/.exec(text)?.[1] ?? text).trim().replace(/,$/, "");
}

function bashScript(): string {
  const commands = COMMANDS.map((command) => {
    const byValue = new Map<string, string[]>();
    for (const [name, { value, completes }] of optionsOf(command)) {
      if (value === undefined) continue;
      const action = bashAction(completes);
      byValue.set(action, [...(byValue.get(action) ?? []), `--${name}`]);
    }
    const cases = [...byValue].map(([action, names]) => `        ${names.join("|")}) ${action}; return ;;`);
    const words = optionsOf(command).map(([name]) => `--${name}`);
    const operand = operandOf(command);
    return [
      `    ${command.name})`,
      ...(cases.length === 0 ? [] : ["      case $prev in", ...cases, "      esac"]),
      `      if [[ $cur == -* ]]; then _zmq_tap_words "${words.join(" ")}"; else ${bashAction(operand)}; fi`,
      "      ;;",
    ].join("\n");
  });
  return `# Completion of zmq-tap for bash: eval "$(zmq-tap completion bash)"
_zmq_tap_words() { COMPREPLY=( $(compgen -W "$1" -- "$cur") ); }
_zmq_tap_names() {
  local IFS=$'\\n'
  COMPREPLY=( $(compgen "$1" -- "$cur") )
  compopt -o filenames 2>/dev/null
}
_zmq_tap() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  # Bash takes the sign of --option=value for a word.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if (( COMP_CWORD == 1 )); then
    _zmq_tap_words "${[...COMMANDS.map(({ name }) => name), ...GENERAL].join(" ")}"
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.join("\n")}
  esac
}
complete -F _zmq_tap zmq-tap
`;
}

function bashAction(completes: Completes | undefined): string {
  if (completes === undefined) return ":";
  if (completes === "file") return "_zmq_tap_names -f";
  if (completes === "folder") return "_zmq_tap_names -d";
  return `_zmq_tap_words "${completes.join(" ")}"`;
}

function zshScript(): string {
  const commands = COMMANDS.map((command) => {
    const specs = optionsOf(command).map(([name, { value, text, repeats, completes }]) => {
      const what = `[${zshText(briefly(text))}]`;
      const argument = value === undefined ? "" : `:${zshText(value)}:${zshAction(completes)}`;
      return quoted(`${repeats === true ? "*" : ""}--${name}${value === undefined ? "" : "="}${what}${argument}`);
    });
    const operand = operandOf(command);
    // A message about an operand that is not known would keep options from being completed.
    specs.push(quoted(`*:${command.name} takes:${operand === undefined ? "()" : zshAction(operand)}`));
    return `    ${command.name})\n      _arguments -S \\\n        ${specs.join(" \\\n        ")}\n      ;;`;
  });
  const described = COMMANDS.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const general = Object.entries(GENERAL_OPTIONS).map(([name, text]) => quoted(`--${name}[${zshText(text)}]`));
  return `#compdef zmq-tap
# Completion of zmq-tap for zsh: eval "$(zmq-tap completion zsh)", or this file as _zmq-tap in a folder of $fpath.
_zmq-tap() {
  local curcontext=$curcontext state line
  local -a commands
  commands=(
${described.join("\n")}
  )
  _arguments -C ${general.join(" ")} '1: :->command' '*:: :->rest' && return
  if [[ $state == command ]]; then
    _describe -t commands command commands
    return
  fi
  case $line[1] in
${commands.join("\n")}
  esac
}
if [[ $funcstack[1] == _zmq-tap ]]; then _zmq-tap "$@"; else compdef _zmq-tap zmq-tap; fi
`;
}

function zshAction(completes: Completes | undefined): string {
  if (completes === undefined) return " ";
  if (completes === "file") return "_files";
  if (completes === "folder") return "_files -/";
  return `(${completes.join(" ")})`;
}

/** Text in a specification of `_arguments`. */
function zshText(text: string): string {
  return text.replace(/[[\]\\:]/g, (character) => `\\${character}`);
}

/** A word of bash or zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishScript(): string {
  const lines = COMMANDS.flatMap((command) => {
    const where = `-n '__zmq_tap_is ${command.name}'`;
    const options = optionsOf(command).map(([name, { value, text, completes }]) => {
      const argument = value === undefined ? "" : ` ${fishAction(completes)}`;
      return `complete -c zmq-tap ${where} -l ${name}${argument} -d ${fishQuoted(briefly(text))}`;
    });
    const operand = operandOf(command);
    if (operand === "file") options.push(`complete -c zmq-tap ${where} -F`);
    else if (operand !== undefined && operand !== "folder")
      options.push(`complete -c zmq-tap ${where} -a ${fishQuoted(operand.join(" "))}`);
    return options;
  });
  const first = "-n __zmq_tap_is_first";
  const commands = COMMANDS.map(
    ({ name, summary }) => `complete -c zmq-tap ${first} -a ${name} -d ${fishQuoted(summary)}`,
  );
  const general = Object.entries(GENERAL_OPTIONS).map(
    ([name, text]) => `complete -c zmq-tap ${first} -l ${name} -d ${fishQuoted(text)}`,
  );
  return `# Completion of zmq-tap for fish: zmq-tap completion fish > ~/.config/fish/completions/zmq-tap.fish
function __zmq_tap_is_first
    test (count (commandline -opc)) -eq 1
end
function __zmq_tap_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end
complete -c zmq-tap -f
${[...commands, ...general, ...lines].join("\n")}
`;
}

function fishAction(completes: Completes | undefined): string {
  if (completes === undefined) return "-x";
  if (completes === "file") return "-r -F";
  if (completes === "folder") return "-x -a '(__fish_complete_directories)'";
  return `-x -a ${fishQuoted(completes.join(" "))}`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}

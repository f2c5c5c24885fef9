import { PROBE_WARNING } from "../../shared/probeText.ts";
import { BAD_ARGUMENTS, type CommandHelp, PLAIN_PASSWORD } from "./commandHelp.ts";
import { CLIENT_KEYS } from "./sections.ts";

/** The shells that completion is written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What help can be written as. */
export const HELP_FORMATS = ["text", "man", "markdown"] as const;
export type HelpFormat = (typeof HELP_FORMATS)[number];

export const MCP_HELP: CommandHelp = {
  name: "mcp",
  group: "Assistants",
  summary: "serve capture files and taps to assistants, by MCP",
  synopsis: ["[file]... [--tap <endpoint and options>]... [--allow-send]"],
  about: [
    "An MCP server on stdin and stdout, for the configuration of an MCP client. It says on stderr where its taps listen.",
  ],
  operand: "file",
  sections: [
    {
      title: "Options",
      options: {
        tap: {
          value: "<endpoint and options>",
          repeats: true,
          text:
            "a tap as attach takes it, in one word of the shell: an endpoint with --listen, --name, --sockets, --jupyter, " +
            "--dialect and keys",
        },
        "allow-send": {
          text:
            "offer the tool that calls services through taps, whose servers are on this machine (default: assistants only " +
            "read). Whether somebody is asked before a call is up to the MCP client",
        },
        "allow-remote": { text: "with --allow-send: servers on other machines, too" },
        redact: {
          value: "<name>",
          repeats: true,
          text: "hide values of this name, too; those called password, token, api_key, authorization and the like always are",
        },
        "no-redact": { text: "hide nothing" },
      },
    },
  ],
  exitCodes: [[0, "the client has ended it"], [1, "it could not start"], BAD_ARGUMENTS],
  environment: [PLAIN_PASSWORD],
  examples: [
    {
      line: 'zmq-tap mcp traffic.pcapng --tap "tcp://127.0.0.1:5556 --listen tcp://127.0.0.1:6000 --name backend"',
      text: "A file and a tap.",
    },
  ],
};

export const PROBE_HELP: CommandHelp = {
  name: "probe",
  group: "Tools",
  summary: "ask a server what it is",
  synopsis: ["<endpoint> [options]"],
  about: [
    "Says whether anything listens, ZeroMQ or not, version, mechanism and socket type, and with keys whether these get in.",
    PROBE_WARNING,
  ],
  sections: [{ title: "Options", options: { json: { text: "one JSON object on stdout" } } }, CLIENT_KEYS],
  exitCodes: [[0, "it is a ZeroMQ server"], [1, "it is none, or cannot be reached"], BAD_ARGUMENTS],
  environment: [PLAIN_PASSWORD],
  examples: [{ line: "zmq-tap probe tcp://127.0.0.1:5556", text: "What is on port 5556?" }],
};

export const KEYGEN_HELP: CommandHelp = {
  name: "keygen",
  group: "Tools",
  summary: "make a CURVE key pair",
  synopsis: ["<name> [--dir <folder>]"],
  about: [
    "Writes a new pair as <name>.key and <name>.key_secret, in the form of pyzmq's certificates, and prints the public key. " +
      "Files that are there already are left alone.",
  ],
  sections: [
    {
      title: "Options",
      options: { dir: { value: "<folder>", completes: "folder", text: "where to write them (default: here)" } },
    },
  ],
  exitCodes: [[0, "both files were written"], [1, "they could not be written"], BAD_ARGUMENTS],
  examples: [{ line: "zmq-tap keygen backend --dir ~/keys", text: "A pair for a server." }],
};

export const FIELDS_HELP: CommandHelp = {
  name: "fields",
  group: "Tools",
  summary: "list what a filter can ask for",
  synopsis: [""],
  about: ["Prints the fields, short forms and operators of filters."],
  sections: [],
  exitCodes: [[0, "always"], BAD_ARGUMENTS],
  examples: [],
};

export const DIALECTS_HELP: CommandHelp = {
  name: "dialects",
  group: "Tools",
  summary: "list the dialects that messages can be written in",
  synopsis: ["[--json]"],
  about: ["Prints each dialect with the fields that a call in it has."],
  sections: [{ title: "Options", options: { json: { text: "a JSON list on stdout" } } }],
  exitCodes: [[0, "always"], BAD_ARGUMENTS],
  examples: [],
};

export const COMPLETION_HELP: CommandHelp = {
  name: "completion",
  group: "Tools",
  summary: "print what makes a shell complete commands and options",
  synopsis: [SHELLS.join("|")],
  about: ["Prints a script for one shell, which completes commands, options, and values that are known beforehand."],
  operand: SHELLS,
  sections: [],
  exitCodes: [[0, "the script was printed"], BAD_ARGUMENTS],
  examples: [
    { line: 'eval "$(zmq-tap completion bash)"', text: "Bash, in ~/.bashrc." },
    { line: 'eval "$(zmq-tap completion zsh)"', text: "Zsh, in ~/.zshrc, behind compinit." },
    { line: "zmq-tap completion fish > ~/.config/fish/completions/zmq-tap.fish", text: "Fish, once." },
  ],
};

export const HELP_HELP: CommandHelp = {
  name: "help",
  group: "Tools",
  summary: "explain a command, or list all",
  synopsis: ["[command] [--format <format>]"],
  about: ["The same as zmq-tap <command> --help. Lines are as wide as the terminal, at most 100 columns."],
  sections: [
    {
      title: "Options",
      options: {
        format: {
          value: "<format>",
          completes: HELP_FORMATS,
          text: "text (default); man: all of it as a manual page; markdown: all of it as a page of documentation",
        },
      },
    },
  ],
  exitCodes: [[0, "always"], BAD_ARGUMENTS],
  examples: [
    { line: "zmq-tap help attach", text: "All about attach." },
    { line: "zmq-tap help --format man > zmq-tap.1", text: "The manual page." },
  ],
};

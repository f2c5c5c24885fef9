import { BRIDGE_HELP, WEB_BRIDGE_HELP } from "./bridgeHelp.ts";
import { ANSWER_HELP, CALL_HELP, RUN_HELP } from "./callHelp.ts";
import type { CommandHelp, ExitCode, Variable } from "./commandHelp.ts";
import { CHECK_HELP, EXPORT_HELP, READ_HELP, REPLAY_HELP } from "./fileHelp.ts";
import {
  COMPLETION_HELP,
  DIALECTS_HELP,
  FIELDS_HELP,
  HELP_HELP,
  KEYGEN_HELP,
  MCP_HELP,
  PROBE_HELP,
} from "./otherHelp.ts";
import { ATTACH_HELP, SOCKS_HELP } from "./tapHelp.ts";

/** All commands, in the order in which they are listed. */
export const COMMANDS: readonly CommandHelp[] = [
  ATTACH_HELP,
  SOCKS_HELP,
  READ_HELP,
  EXPORT_HELP,
  CHECK_HELP,
  REPLAY_HELP,
  CALL_HELP,
  RUN_HELP,
  ANSWER_HELP,
  BRIDGE_HELP,
  WEB_BRIDGE_HELP,
  MCP_HELP,
  PROBE_HELP,
  KEYGEN_HELP,
  FIELDS_HELP,
  DIALECTS_HELP,
  COMPLETION_HELP,
  HELP_HELP,
];

export const TITLE = "see, decode, replay and answer ZeroMQ traffic";

/** What holds for all commands. */
export const ABOUT: readonly string[] = [
  "ZMQ Tap stands between ZeroMQ programs that already exist, and shows what they say. The command comes first, then its options.",
  "Endpoints are tcp://host:port, ipc://path and ipc://@abstract; attach, call, run and replay also take the URL of an HTTP " +
    "server, http://host:port/path, as XML-RPC has them.",
];

/** Options that stand in place of a command, or behind one. */
export const GENERAL_OPTIONS = {
  help: "print this, or what a command does",
  version: "print the version",
} as const;

/** What the codes mean in general; each command says when it ends with which. */
export const EXIT_CODES: readonly ExitCode[] = [
  [0, "done"],
  [1, "a failure, which one sentence on stderr explains"],
  [2, "bad arguments"],
  [3, "not answered as wanted (call, run, replay)"],
  [4, "not answered in time (call, run)"],
  [5, "an error was found (check)"],
];

/** The variables of all commands, each once. */
export const VARIABLES: readonly Variable[] = [
  ...new Map(COMMANDS.flatMap(({ environment = [] }) => environment).map((one) => [one[0], one])).values(),
];

export function commandHelp(name: string): CommandHelp | undefined {
  return COMMANDS.find((command) => command.name === name);
}

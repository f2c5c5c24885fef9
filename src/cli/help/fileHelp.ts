import { FINDINGS } from "../../shared/findingKinds.ts";
import { DEFAULT_REPLY_MS, REPLAY_SOCKETS } from "../../shared/replaySession.ts";
import { BAD_ARGUMENTS, type CommandHelp, PLAIN_PASSWORD } from "./commandHelp.ts";
import { CLIENT_KEYS, DIALECT, FILTER, FULL, JSON_LINES, SEQUENCE } from "./sections.ts";

const FILES = "A capture file is a pcapng or pcap file, of zmq-tap or of others, or a folder of --dir.";

export const READ_HELP: CommandHelp = {
  name: "read",
  group: "Capture files",
  summary: "print what is in a capture file, or count it",
  synopsis: ["<file> [options]"],
  about: [`Prints as attach prints what comes. ${FILES}`],
  operand: "file",
  sections: [
    {
      title: "Options",
      options: {
        filter: FILTER,
        json: JSON_LINES,
        full: FULL,
        stats: {
          text:
            "counts instead of rows: by tap, direction and socket types, the ten most used topics, and the ten most used " +
            "methods with their errors and latency",
        },
        dialect: DIALECT,
      },
    },
  ],
  exitCodes: [[0, "the file was read whole"], [1, "it cannot be read, or not to its end"], BAD_ARGUMENTS],
  examples: [
    {
      line: "zmq-tap read traffic.pcapng --filter 'topic startswith \"orders.\" and latency > 50ms'",
      text: "Print some of it.",
    },
    { line: "zmq-tap read traffic.pcapng --stats", text: "Count what is in it." },
  ],
};

export const EXPORT_HELP: CommandHelp = {
  name: "export",
  group: "Capture files",
  summary: "write a capture file as pcapng, JSON Lines or CSV",
  synopsis: ["<file> --to <file> [options]"],
  about: [`Writes what is in a capture file to another one. ${FILES}`],
  operand: "file",
  sections: [
    {
      title: "Options",
      options: {
        to: {
          value: "<file>",
          completes: "file",
          text: "the new file; its name says what it is: .pcapng, .jsonl (or .ndjson), or .csv",
        },
        filter: FILTER,
        dialect: DIALECT,
        force: { text: "replace a file that is there already" },
      },
    },
  ],
  exitCodes: [[0, "the file was written"], [1, "it could not be written, or the other one not be read"], BAD_ARGUMENTS],
  examples: [
    { line: "zmq-tap export traffic.pcapng --to errors.csv --filter 'status == error'", text: "Errors as a table." },
  ],
};

export const CHECK_HELP: CommandHelp = {
  name: "check",
  group: "Capture files",
  summary: "say what is wrong in a capture file",
  synopsis: ["<file> [options]"],
  about: [
    "Looks for requests without a reply, subscriptions that nearly match, and so on, and prints one finding per line, the " +
      `gravest first; docs/findings.md says what each means. ${FILES}`,
  ],
  operand: "file",
  sections: [
    {
      title: "Options",
      options: {
        json: {
          text: "one JSON object per line: id, severity, text, evidence (rows), and all that is known besides",
        },
        disable: { value: "<id>", repeats: true, completes: Object.keys(FINDINGS), text: "leave out this finding" },
        sequence: SEQUENCE,
        dialect: DIALECT,
      },
    },
  ],
  exitCodes: [
    [0, "nothing that was found is an error"],
    [1, "the file cannot be read, or not to its end"],
    BAD_ARGUMENTS,
    [5, "one of the findings is an error"],
  ],
  examples: [{ line: "zmq-tap check traffic.pcapng || exit 1", text: "Fail a script when something is wrong." }],
};

export const REPLAY_HELP: CommandHelp = {
  name: "replay",
  group: "Capture files",
  summary: "send the messages of a capture file again, and compare the replies",
  synopsis: ["<file> --to <endpoint> [options]"],
  about: [
    "Requests get fresh ids, and replies are compared with the recorded ones. The summary is on stderr. The URL of an HTTP " +
      `server is taken, too. ${FILES}`,
  ],
  operand: "file",
  sections: [
    {
      title: "Options",
      options: {
        to: { value: "<endpoint>", text: "where to" },
        bind: {
          text: "as an endpoint of our own: a PUB, XPUB or PUSH listens there, and begins with the first receiver",
        },
        from: {
          value: "client|server",
          completes: ["client", "server"],
          text: "only what this side sent (default: requests, and what is one-way)",
        },
        as: { value: "<TYPE>", completes: REPLAY_SOCKETS, text: `${REPLAY_SOCKETS.join(", ")} (default: as recorded)` },
        speed: { value: "<factor>", text: "as recorded, 0.1 to 1000 times as fast (default 1)" },
        gap: { value: "<ms>", text: "one message every so many milliseconds" },
        wait: { text: "the next one when the one before was answered" },
        fast: { text: "as fast as possible" },
        timeout: { value: "<ms>", text: `how long a request waits for its reply (default ${DEFAULT_REPLY_MS})` },
        filter: FILTER,
        loop: { value: "<n>", text: "send all of it n times" },
        json: { text: "the summary as one JSON object on stdout, with the first 1,000 differences" },
        jupyter: {
          value: "<file>",
          completes: "file",
          text: "connection file of the kernel that requests are signed for",
        },
      },
    },
    CLIENT_KEYS,
  ],
  exitCodes: [
    [0, "all as recorded, or nothing to compare"],
    [1, "it failed"],
    BAD_ARGUMENTS,
    [3, "some replies differ or did not come, or requests could not be made"],
  ],
  environment: [PLAIN_PASSWORD],
  examples: [
    { line: "zmq-tap replay traffic.pcapng --to tcp://127.0.0.1:5556 --wait", text: "One request after the other." },
    {
      line: "zmq-tap replay prices.pcapng --to 'tcp://127.0.0.1:5557' --bind --from server",
      text: "Be the publisher that was recorded.",
    },
  ],
};

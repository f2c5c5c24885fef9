import { CALL_SOCKETS } from "../../shared/model.ts";
import { ANSWER_SOCKETS } from "../../shared/standIn.ts";
import { DEFAULT_TIMEOUT_MS } from "../callArguments.ts";
import { BAD_ARGUMENTS, type CommandHelp, PLAIN_PASSWORD } from "./commandHelp.ts";
import { CLIENT_KEYS, DIALECT, SERVER_KEYS } from "./sections.ts";

export const CALL_HELP: CommandHelp = {
  name: "call",
  group: "Calls and answers",
  summary: "call a method of a service, and print what it answers",
  synopsis: ["<endpoint> <method> [argument]... [options]"],
  about: [
    "Prints the reply's value as JSON on stdout. An argument that is no JSON is taken as text. An error of the service is " +
      'printed as {"code", "problem", "value"}. The endpoint may be the URL of an HTTP server, too. Calls to ZeroMQ ' +
      "endpoints need the zeromq library.",
  ],
  sections: [
    {
      title: "Options",
      options: {
        dialect: {
          ...DIALECT,
          text: "how the service is spoken to, of those that zmq-tap dialects lists (default: raw)",
        },
        kwargs: { value: "<JSON>", text: "arguments by name, as a JSON object" },
        field: { value: "<name>=<value>", repeats: true, text: "a field of the dialect's own" },
        "field-file": {
          value: "<name>=<file>",
          repeats: true,
          completes: "file",
          text: "the same from a file, as secret fields must be given",
        },
        socket: {
          value: "<TYPE>",
          completes: CALL_SOCKETS,
          text: `${CALL_SOCKETS.join(", ")} (default: what the dialect's callers have)`,
        },
        timeout: { value: "<ms>", text: `of each attempt (default ${DEFAULT_TIMEOUT_MS})` },
        retries: { value: "<n>", text: "further attempts, each with a fresh socket (default 0)" },
      },
    },
    CLIENT_KEYS,
  ],
  exitCodes: [
    [0, "a reply came, or a one-way message was sent"],
    [1, "the call could not be made, or its reply not be read"],
    BAD_ARGUMENTS,
    [3, "the service answered with an error"],
    [4, "no reply came in time"],
  ],
  environment: [PLAIN_PASSWORD],
  examples: [
    {
      line: "zmq-tap call tcp://127.0.0.1:5556 add 2 3 '{\"exact\":true}' hello --dialect json-rpc",
      text: "A call with four arguments.",
    },
    { line: "zmq-tap call http://127.0.0.1:9001/pyblish ping --dialect xml-rpc", text: "A call of an HTTP server." },
  ],
};

export const RUN_HELP: CommandHelp = {
  name: "run",
  group: "Calls and answers",
  summary: "send the calls of call files, and say whether all is as expected",
  synopsis: ["<file.zmqrpc>... [options]"],
  about: ["Sends the calls in order and says what came of each, for tests and continuous integration."],
  operand: "file",
  sections: [
    {
      title: "Options",
      options: {
        env: { value: "<name>", text: "environment of the file, or of zmqrpc.env.json beside it" },
        var: { value: "<name>=<value>", repeats: true, text: "a variable" },
        only: { value: "<call>", repeats: true, text: "only the call of this name" },
        bail: { text: "end with the first call that is not as expected" },
        junit: { value: "<file>", completes: "file", text: "also write JUnit XML" },
        json: { text: "one JSON object per call on stdout" },
        tap: { value: "<name>=<endpoint>", repeats: true, text: "where calls go whose target is a tap" },
        keys: {
          value: "<folder>",
          completes: "folder",
          text: "where the keys that calls name are: <name>.key, <name>.key_secret, <name>.password",
        },
      },
    },
    { ...CLIENT_KEYS, about: "Shown by all calls, instead of what they name. Secrets are read from files." },
  ],
  exitCodes: [
    [0, "all as expected"],
    [1, "a call could not be sent"],
    [2, "bad arguments, or a file that cannot be used; nothing was sent"],
    [3, "some are not as expected"],
    [4, "some are not as expected, and those have no reply"],
  ],
  environment: [PLAIN_PASSWORD],
  examples: [{ line: "zmq-tap run calls.zmqrpc --env staging --junit report.xml", text: "In continuous integration." }],
};

export const ANSWER_HELP: CommandHelp = {
  name: "answer",
  group: "Calls and answers",
  summary: "be a server that answers from a recording or from fixed replies",
  synopsis: ["<endpoint> --from <file> [options]", "<endpoint> --replies <file.json> [options]"],
  about: [
    "A server in place of the real one: it answers each call as one that says the same was answered in a capture file, in " +
      'turn where there are several, or with the fixed replies of a JSON file such as {"add": {"value": 4}, "divide": ' +
      '{"error": "division by zero"}, "next": {"values": [1, 2]}, "*": {"value": null}}. What is in neither gets an error. ' +
      "One line per call goes to stdout. It needs the zeromq library.",
  ],
  sections: [
    {
      title: "Options",
      options: {
        from: { value: "<file>", completes: "file", text: "a capture file that has the answers" },
        replies: { value: "<file.json>", completes: "file", text: "fixed replies by method" },
        dialect: { ...DIALECT, text: "what the calls are written in (default: what each looks like)" },
        as: { value: ANSWER_SOCKETS.join("|"), completes: ANSWER_SOCKETS, text: "the socket (default REP)" },
        delay: { value: "<ms>", text: "what each answer waits for" },
      },
    },
    SERVER_KEYS,
  ],
  exitCodes: [[0, "it was ended by a signal"], [1, "it could not start"], BAD_ARGUMENTS],
  environment: [PLAIN_PASSWORD],
  examples: [
    { line: "zmq-tap answer tcp://127.0.0.1:5556 --replies replies.json", text: "Fixed replies." },
    { line: "zmq-tap answer tcp://127.0.0.1:5556 --from traffic.pcapng --as ROUTER", text: "As the real one did." },
  ],
};

import {
  BRIDGE_KINDS,
  DEFAULT_BRIDGE_LIMITS,
  DEFAULT_RECREATE_TIMEOUT_MS,
  DEFAULT_TIMEOUT_MS,
  FAN_OUTS,
} from "../../shared/bridges.ts";
import { DEFAULT_HIGH_WATER_MARK, DEFAULT_TIMEOUT_MS as DEFAULT_WEB_TIMEOUT_MS } from "../../shared/webBridge.ts";
import { TOKEN_VARIABLE } from "../webBridgeArguments.ts";
import { BAD_ARGUMENTS, type CommandHelp, type ExitCode, type OptionHelp } from "./commandHelp.ts";
import { KEEPING, OUTPUT } from "./sections.ts";

const EXIT_CODES: readonly ExitCode[] = [
  [0, "it was ended by a signal or --count, or its reader went away"],
  [1, "it could not start, or not write its file"],
  BAD_ARGUMENTS,
];

const side = (name: "in" | "out"): Record<string, OptionHelp> => ({
  [`${name}-curve-server`]: { value: "<file>", completes: "file", text: "where it binds: the pair that it shows" },
  [`${name}-curve-allow`]: {
    value: "<file or Z85>",
    completes: "file",
    repeats: true,
    text: "where it binds: a client that may connect",
  },
  [`${name}-curve-upstream`]: {
    value: "<file or Z85>",
    completes: "file",
    text: "where it connects: the server's public key",
  },
  [`${name}-curve-client`]: {
    value: "<file>",
    completes: "file",
    repeats: true,
    text: "where it connects: the pair shown to the server",
  },
  [`${name}-plain-user`]: { value: "<name>", text: "the user asked of clients, or shown to the server" },
  [`${name}-plain-password-file`]: { value: "<file>", completes: "file", text: "file with the user's password" },
});

export const BRIDGE_HELP: CommandHelp = {
  name: "bridge",
  group: "Bridges",
  summary: "take messages with one pattern, and hand them on with another",
  synopsis: ["<kind> --in <endpoint>... --out <endpoint>... [options]"],
  about: [
    "Takes messages by SUB or REP, hands them on by PUB or REQ, and prints both sides as attach does. The kinds are " +
      `${BRIDGE_KINDS.join(", ")}. Each caller of a REP gets an answer: the remote's own, or a status reply of pyzmqrpc3's ` +
      "form with code 482 when there is none in time. It needs the zeromq library.",
  ],
  operand: BRIDGE_KINDS,
  sections: [
    {
      title: "Options",
      options: {
        in: { value: "<endpoint>", repeats: true, text: "of the side that messages come from" },
        out: { value: "<endpoint>", repeats: true, text: "of the side that they go to" },
        bind: {
          value: "in|out",
          completes: ["in", "out"],
          repeats: true,
          text: "this side binds (usual for PUB and REP)",
        },
        connect: {
          value: "in|out",
          completes: ["in", "out"],
          repeats: true,
          text: "this side connects (usual for SUB and REQ)",
        },
        "fan-out": {
          value: "<how>",
          completes: FAN_OUTS,
          text: "several REQ endpoints: round-robin (default), or all, where each gets every message",
        },
        timeout: {
          value: "<ms>",
          text: `how long an attempt waits for a remote's reply (default ${DEFAULT_TIMEOUT_MS})`,
        },
        retries: {
          value: "<n>",
          text: "further attempts behind one that failed (default 0; buffered: until the message is too old)",
        },
        "recreate-timeout": {
          value: "<ms>",
          repeats: true,
          text:
            `silence after which a SUB connects anew (default ${DEFAULT_RECREATE_TIMEOUT_MS}; 0: never); <endpoint>=<ms> ` +
            "for one endpoint",
        },
        "max-messages": {
          value: "<n>",
          text: `messages that may wait for a remote (default ${DEFAULT_BRIDGE_LIMITS.maxMessages})`,
        },
        "max-bytes": { value: "<size>", text: "how large they may be together (default 256MiB)" },
        "max-age": { value: "<s>", text: "how old one may be, in seconds (default a day; 0: for ever)" },
        persist: {
          value: "<folder>",
          completes: "folder",
          text: "buffered-rep-req: keep the queue there, and go on with what it holds",
        },
      },
    },
    OUTPUT,
    KEEPING,
    {
      title: "Keys",
      about: "Secrets are read from files, or from the environment, never from the command line.",
      options: { ...side("in"), ...side("out") },
    },
  ],
  exitCodes: EXIT_CODES,
  environment: [
    ["ZMQ_TAP_IN_PASSWORD", "password of the user of --in-plain-user"],
    ["ZMQ_TAP_OUT_PASSWORD", "password of the user of --out-plain-user"],
  ],
  examples: [
    {
      line: "zmq-tap bridge buffered-rep-req --in tcp://127.0.0.1:5555 --out tcp://10.0.0.5:5556 --persist queue",
      text: "Take calls while the remote is away, and deliver them later.",
    },
  ],
};

export const WEB_BRIDGE_HELP: CommandHelp = {
  name: "web-bridge",
  group: "Bridges",
  summary: "give pages in browsers REQ, SUB and REP sockets",
  synopsis: ["--allow <pattern>... [options]"],
  about: [
    "Serves WebSockets on 127.0.0.1, and prints what pages say as attach does. It serves its client at /zmq.js, and speaks " +
      "to pages of ZmqWebBridge as they are. It needs the zeromq library.",
  ],
  sections: [
    {
      title: "Options",
      options: {
        port: { value: "<n>", text: "where pages connect (default 0: a free port)" },
        allow: {
          value: "<pattern>",
          repeats: true,
          text:
            "endpoints that pages may use with REQ and SUB: tcp://127.0.0.1:10001, tcp://127.0.0.1:*; " +
            "REP=tcp://127.0.0.1:10003 for some socket types, as a REP listens",
        },
        "allow-function": {
          value: "<name>",
          repeats: true,
          text: "a function that pages may call (default: whatever they send)",
        },
        "allow-topic": { value: "<prefix>", repeats: true, text: "topics that pages may hear (default: all)" },
        "allow-origin": {
          value: "<origin>",
          repeats: true,
          text: "where pages may come from besides the bridge itself: http://localhost:5173, http://localhost:*, null for files",
        },
        "token-file": { value: "<file>", completes: "file", text: "file with the token that pages must show" },
        token: { value: "<token>", text: "the token itself, where others can see it" },
        "no-token": { text: "pages need no token" },
        hwm: {
          value: "<n>",
          text: `messages that may wait for a socket of a page (default ${DEFAULT_HIGH_WATER_MARK})`,
        },
        timeout: { value: "<ms>", text: `what a request waits for its reply (default ${DEFAULT_WEB_TIMEOUT_MS})` },
      },
    },
    OUTPUT,
    KEEPING,
  ],
  exitCodes: EXIT_CODES,
  environment: [
    [
      TOKEN_VARIABLE,
      "the token, where no option says anything about it; without it there is a random one, in the URL that is printed",
    ],
  ],
  examples: [
    {
      line: "zmq-tap web-bridge --allow 'tcp://127.0.0.1:*' --allow-origin http://localhost:5173",
      text: "For a page that a development server has.",
    },
  ],
};

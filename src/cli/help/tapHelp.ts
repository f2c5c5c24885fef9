import { BAD_ARGUMENTS, type CommandHelp, PLAIN_PASSWORD } from "./commandHelp.ts";
import { KEEPING, OUTPUT, SEQUENCE, SOCKETS, STATS, TAP_KEYS } from "./sections.ts";

const ENDED = "it was ended by a signal or --count, or its reader went away";
const FAILED = "it could not start, or not write its file; with --stats: the numbers do not agree";

export const ATTACH_HELP: CommandHelp = {
  name: "attach",
  group: "Taps",
  summary: "tap a server, and print what it and its clients say",
  synopsis: ["<server endpoint> [options]", "--jupyter <connection file> [options]"],
  about: [
    "Listens for clients, connects each to the server, and prints what they say. Let the clients connect to the endpoint " +
      "that it prints first. Nothing is altered without --fault, and slow output never slows traffic.",
    "The server may also be an HTTP one, as XML-RPC has them: http://host:port/path.",
  ],
  sections: [
    {
      title: "Options",
      options: {
        listen: {
          value: "<endpoint>",
          text: "where clients connect (default tcp://127.0.0.1:*, a free port of this machine)",
        },
        jupyter: {
          value: "<file>",
          completes: "file",
          text:
            "tap the five channels of the Jupyter kernel with this connection file, and write one for its clients beside " +
            "it: kernel-1-tap.json for kernel-1.json",
        },
        sockets: SOCKETS,
        "watch-all": {
          text:
            "add a subscriber of the tap's own to all topics of a publisher, which then sends it each message once more: " +
            "the only way to see what nobody else asked for",
        },
        sequence: SEQUENCE,
        stats: STATS,
        fault: {
          value: "<spec>",
          repeats: true,
          text:
            'change the traffic: "delay 200ms ±50ms s2c", "drop 1/10", "duplicate 1/5", "reorder 3", "throttle 10KiB/s", ' +
            '"cut if ~b reset", "refuse", "freeze server"; behind it can stand c2s or s2c, commands, and if with a filter. ' +
            "Each thing that it does is an event",
        },
        seed: { value: "<n>", text: "with --fault: chance that can be repeated" },
      },
    },
    OUTPUT,
    KEEPING,
    TAP_KEYS,
  ],
  exitCodes: [[0, ENDED], [1, FAILED], BAD_ARGUMENTS],
  environment: [PLAIN_PASSWORD],
  examples: [
    {
      line: "zmq-tap attach tcp://127.0.0.1:5556",
      text: "Tap the server on port 5556; clients connect to what is printed.",
    },
    {
      line: "zmq-tap attach tcp://127.0.0.1:5556 --listen tcp://127.0.0.1:6000 --json --write traffic.pcapng",
      text: "Listen on a port of your choice, print JSON, and keep everything in a file.",
    },
    {
      line: "zmq-tap attach tcp://10.0.0.5:5556 --curve-server backend.key_secret",
      text: "Read CURVE traffic with the server's own pair.",
    },
    {
      line: "zmq-tap attach tcp://127.0.0.1:5556 --fault 'drop 1/10 s2c' --seed 7",
      text: "Lose every tenth reply, the same ones each time.",
    },
  ],
};

export const SOCKS_HELP: CommandHelp = {
  name: "socks",
  group: "Taps",
  summary: "tap every connection of a program, by SOCKS5",
  synopsis: ["[options] [--for <pattern> <keys>]..."],
  about: [
    "A SOCKS5 server for programs whose endpoints stay as they are: whatever they connect to through it is tapped, and named " +
      'after its destination. In the program, before connect: socket.setsockopt(zmq.SOCKS_PROXY, b"127.0.0.1:1080").',
  ],
  sections: [
    {
      title: "Options",
      options: {
        listen: { value: "<endpoint>", text: "where programs connect (default tcp://127.0.0.1:1080)" },
        allow: {
          value: "<pattern>",
          repeats: true,
          text:
            "what they may connect to: 127.0.0.1:*, *.example.org:5000-5999, [::1]:5556 (default: everything; needed where " +
            "other machines can reach the SOCKS server)",
        },
        for: {
          value: "<pattern>",
          repeats: true,
          text:
            "the keys behind it are for these destinations, those in front of the first --for for all others; the first " +
            "pattern that fits counts",
        },
        sockets: SOCKETS,
        stats: STATS,
      },
    },
    OUTPUT,
    KEEPING,
    TAP_KEYS,
  ],
  exitCodes: [[0, ENDED], [1, FAILED], BAD_ARGUMENTS],
  environment: [PLAIN_PASSWORD],
  examples: [
    { line: "zmq-tap socks --allow '127.0.0.1:*'", text: "Tap what a program connects to on this machine." },
    {
      line: "zmq-tap socks --for 127.0.0.1:5556 --curve-server backend.key_secret",
      text: "Read the CURVE traffic of one destination.",
    },
  ],
};

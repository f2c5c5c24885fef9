import { DIALECTS } from "../../shared/dialects.ts";
import type { OptionHelp, OptionSection } from "./commandHelp.ts";

export const JSON_LINES: OptionHelp = { text: "one JSON object per line on stdout" };
export const FILTER: OptionHelp = {
  value: "<expression>",
  text: "only what fits; zmq-tap fields tells what can stand in it",
};
export const DIALECT: OptionHelp = {
  value: "<name>",
  text: "what the messages are written in, of those that zmq-tap dialects lists (default: found out)",
  completes: DIALECTS,
};
export const FULL: OptionHelp = { text: "with --json: frames above 1 MiB whole" };
export const SEQUENCE: OptionHelp = {
  value: "<where>",
  repeats: true,
  text:
    "a number that grows by one with each message, so that it is found which are missing, such as " +
    "frame=-1,type=u32le or topic=md.,frame=1,type=json,path=seq",
};
export const SOCKETS: OptionHelp = {
  value: "client=<TYPE>,server=<TYPE>",
  text: "socket types where the wire does not say (ZMTP 1.0)",
};
export const STATS: OptionHelp = {
  text:
    "end with what proves that the tap did no harm: octets in and out, messages kept, added latency; exit code 1 where the " +
    "numbers do not agree",
};

/** Of everything that prints and keeps what comes, until it is told to end. */
export const OUTPUT: OptionSection = {
  title: "Output",
  options: {
    name: { value: "<text>", text: "its name in the output (default: what it is about)" },
    json: JSON_LINES,
    quiet: { text: "print only where it listens, and totals at the end" },
    count: { value: "<n>", text: "end after n messages" },
    full: FULL,
    dialect: DIALECT,
  },
};

export const KEEPING: OptionSection = {
  title: "Keeping what comes",
  options: {
    write: {
      value: "<file.pcapng>",
      completes: "file",
      text:
        "also write everything to this file, for read, Wireshark and the editor; it can be read at any time, and is whole " +
        "even when the tap is killed",
    },
    force: { text: "with --write: begin the file anew when there is one already" },
    dir: {
      value: "<folder>",
      completes: "folder",
      text: "keep what memory cannot hold in a new folder in this one; zmq-tap read <that folder> reads it",
    },
    "max-disk": {
      value: "<size>",
      text: "with --dir: how much, such as 500MB (default 4GiB); then the oldest goes",
    },
  },
};

const SERVER_PAIR: OptionHelp = {
  value: "<file>",
  completes: "file",
  text: "secret certificate of the pair shown to CURVE clients: the server's own, or one of the tap",
};
const ALLOWED: OptionHelp = {
  value: "<file or Z85>",
  repeats: true,
  completes: "file",
  text: "public key of a client that may connect (default: any)",
};
const SERVER_KEY: OptionHelp = {
  value: "<file or Z85>",
  completes: "file",
  text: "public key of the real CURVE server",
};
const CLIENT_PAIR: OptionHelp = {
  value: "<file>",
  repeats: true,
  completes: "file",
  text:
    "secret certificate of the pair shown to the CURVE server (default: a fresh one for each connection); " +
    "<client public key>=<file> for one client of a tap",
};
const PASSWORD_FILE: OptionHelp = {
  value: "<file>",
  completes: "file",
  text: "file with the password of --plain-user",
};
const LEG = (side: string): OptionHelp => ({
  value: "<leg>",
  completes: ["null", "plain", "curve"],
  text: `null, plain or curve: what the tap speaks to ${side} (default: what the programs speak)`,
});

/** What a tap shows both sides. */
export const TAP_KEYS: OptionSection = {
  title: "Keys",
  about:
    "To read CURVE traffic, or to add or remove encryption. Secrets are read from files, never from the command line.",
  options: {
    "curve-server": SERVER_PAIR,
    "curve-upstream": { ...SERVER_KEY, text: `${SERVER_KEY.text} (default: the public half of --curve-server)` },
    "curve-client": CLIENT_PAIR,
    "curve-allow": ALLOWED,
    "client-leg": LEG("clients"),
    "server-leg": LEG("the server"),
    "plain-user": { value: "<name>", text: "shown to a PLAIN server, or asked of PLAIN clients" },
    "plain-password-file": PASSWORD_FILE,
  },
};

/** What a client of a server with keys shows it. */
export const CLIENT_KEYS: OptionSection = {
  title: "Keys",
  about: "For a server that asks for them. Secrets are read from files, never from the command line.",
  options: {
    "curve-upstream": SERVER_KEY,
    "curve-client": { ...CLIENT_PAIR, text: "secret certificate of the pair shown to it (default: a fresh one)" },
    "plain-user": { value: "<name>", text: "shown to a PLAIN server" },
    "plain-password-file": PASSWORD_FILE,
  },
};

/** What a server asks of its clients. */
export const SERVER_KEYS: OptionSection = {
  title: "Keys",
  about: "Whom clients find, and who may call. Secrets are read from files, never from the command line.",
  options: {
    "curve-server": { ...SERVER_PAIR, text: "secret certificate of the pair shown to CURVE clients" },
    "curve-allow": ALLOWED,
    "plain-user": { value: "<name>", text: "asked of PLAIN clients" },
    "plain-password-file": PASSWORD_FILE,
  },
};

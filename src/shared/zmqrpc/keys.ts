import { DIALECTS } from "../dialects.ts";
import { CALL_SOCKETS } from "../model.ts";

/** What can stand in a call, and what of it in `defaults`. */
export type CallKey = {
  readonly name: string;
  /** One sentence. */
  readonly meaning: string;
  readonly example: string;
  /** It can stand in `defaults` too, for all calls of the file that say nothing else. */
  readonly isShared: boolean;
  readonly canRepeat: boolean;
  /** Its words, where there are only some. */
  readonly words: readonly string[];
};

const shared = { isShared: true, canRepeat: false, words: [] } as const;
const own = { isShared: false, canRepeat: false, words: [] } as const;

/** In the order in which they are best written. */
export const CALL_KEYS = [
  {
    ...shared,
    name: "target",
    meaning: "Where the call goes: an endpoint, or `tap` and the name of one.",
    example: "tcp://127.0.0.1:5556",
  },
  {
    ...shared,
    name: "dialect",
    meaning: "How the call is written as frames. Without one it is made of the frames that it lists.",
    example: "json-rpc",
    words: DIALECTS,
  },
  {
    ...shared,
    name: "socket",
    meaning: "The socket that sends it, in place of the one that the dialect's callers have. For frames: REQ.",
    example: "DEALER",
    words: CALL_SOCKETS,
  },
  { ...own, name: "method", meaning: "The method, signal or topic, as the dialect names it.", example: "add" },
  { ...own, name: "args", meaning: "Positional arguments: a list in JSON.", example: "[1, 2]" },
  { ...own, name: "kwargs", meaning: "Arguments by name: an object in JSON.", example: '{"a": 1}' },
  {
    ...shared,
    name: "fields",
    meaning: "Further fields of the dialect, which `zmq-tap dialects` lists: an object in JSON.",
    example: '{"service": "echo"}',
  },
  {
    ...own,
    name: "frame",
    meaning: 'One frame of a call without a dialect: "text", hex 00 ff, or json {"a": 1}. A line for each.',
    example: '"hello"',
    canRepeat: true,
  },
  { ...shared, name: "timeout", meaning: "How long each attempt waits for its reply. Unset: 5s.", example: "2s" },
  {
    ...shared,
    name: "retries",
    meaning: "How often it is tried again, each time with a fresh socket. Unset: 0.",
    example: "3",
  },
  {
    ...shared,
    name: "serverKey",
    meaning: "Name of the CURVE server's key in the view Keys, or in the folder of --keys.",
    example: "backend",
  },
  {
    ...shared,
    name: "clientPair",
    meaning: "Name of the CURVE key pair that is shown to the server. Unset: a fresh one.",
    example: "laptop",
  },
  { ...shared, name: "plain", meaning: "Name of the PLAIN user that is shown to the server.", example: "reader" },
  {
    ...own,
    name: "expect",
    meaning:
      "What has to come of it: a status, or a test of a value in the reply. Without a status: a reply that is no error.",
    example: "value.sum == 3",
    canRepeat: true,
  },
  {
    ...own,
    name: "save",
    meaning: "Keeps a value of the reply as a variable for the calls below.",
    example: "token = value.token",
    canRepeat: true,
  },
] as const satisfies readonly CallKey[];

export type CallKeyName = (typeof CALL_KEYS)[number]["name"];

export const SECTION_MEANINGS = {
  variables: "Variables of all calls in this file, used as {{name}}.",
  environment: "Variables in place of those of the file, while the environment of that name is chosen.",
  defaults: "What all calls in this file have that say nothing else.",
  call: "A call, under a name that no other in this file has.",
} as const;

export function callKey(name: string): CallKey | undefined {
  return CALL_KEYS.find((key) => key.name === name);
}

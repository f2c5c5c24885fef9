import type { DialectCall, DialectField } from "../../shared/dialects.ts";
import { utf8Text } from "../decode/text.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { hasOnly, isObject, type JsonObject, jsonFrame, readArray, readJson, readObjectWith } from "./pythonJson.ts";
import { chosenIn, noChoice, onlyPayload, say, sayError } from "./saying.ts";

const FORM: DialectField = {
  name: "form",
  label: "Form",
  kind: "choice",
  choices: ["array", "command", "number"],
  hint: "[name, [arguments], {by name}]; or a topic, a space and a command as JSON; or a topic, a space and a number.",
};
const TOPIC: DialectField = { name: "topic", label: "Topic", kind: "text", hint: "Only of a command: one word." };

/** Longer heads of a frame are no topics. */
const TOPIC_TEXT = /^[\w.:-]{1,64}$/;
const MAX_TOPIC = 64;
const ZIP_NUMBER = /^(\d{5}) (-?\d{1,9})$/;
const SPACE = 0x20;
const encoder = new TextEncoder();

/** How it looks, how sure that is, and what it says. */
type Form = { readonly confidence: number; readonly says: SaidOrProblem };

/** The zmq examples, the prototype that grew out of them, and the system in production. All of it is one-way. */
export const voisietequi: Dialect = {
  name: "voisietequi",
  title: "Voisietequi messages",
  meaning:
    'Commander, computers and saver: one frame that is ["name",[arguments],{by name}], or a topic and a command, ' +
    '`topic {"cmd":…}`, or a topic and a number; always one-way.',
  socket: "PUSH",
  takesArgs: true,
  takesKwargs: true,
  fields: [FORM, TOPIC],
  canCall: true,
  confidence: (message) => readForm(message)?.confidence ?? 0,
  decode: (message) =>
    readForm(message)?.says ?? { problem: "This is none of the forms of messages that Voisietequi has." },
  encode(call): EncodedCall {
    if (call.method === "") return { problem: "A message needs a name." };
    switch (chosenIn(FORM, call)) {
      case "array":
        return jsonFrame([call.method, call.args, call.kwargs]);
      case "command":
        return encodeCommand(call);
      case "number":
        return encodeNumber(call);
      default:
        return noChoice(FORM);
    }
  },
  renew: (frames) => ({ frames }),
  answer: () => ({ problem: "These messages are one-way: nothing is sent back where they came from." }),
};

function readForm(message: DialectMessage): Form | undefined {
  const frame = onlyPayload(message);
  if (frame === undefined) return undefined;
  return readNamed(frame) ?? readCommand(frame, message) ?? readNumber(frame, message) ?? readBare(frame, message);
}

/** The form in production, which the receiver takes for a call of the method of that name. */
function readNamed(frame: Uint8Array): Form | undefined {
  const [method, args, kwargs, ...more] = readArray(frame) ?? [];
  if (typeof method !== "string" || !Array.isArray(args) || !isObject(kwargs) || more.length > 0) return undefined;
  const said = { method, args: args as readonly unknown[], kwargs };
  const confidence = /^[A-Za-z]\w*$/.test(method) ? 0.9 : 0.5;
  const hasFailed = method === "computer_configured" && kwargs["configured"] === false;
  return {
    confidence,
    says: hasFailed ? sayError(undefined, "The computer is not configured.", said) : say({ ...said, kind: "signal" }),
  };
}

function readCommand(frame: Uint8Array, message: DialectMessage): Form | undefined {
  const [topic, body] = atSpace(frame) ?? [];
  const value = body === undefined ? undefined : readJson(body);
  if (topic === undefined || !isObject(value)) return undefined;
  const { cmd, ...kwargs } = value;
  const facts = [{ label: "Topic", value: topic }];
  if (typeof cmd === "string") return { confidence: 0.85, says: say({ kind: "signal", method: cmd, kwargs, facts }) };
  const says = say({ kind: "event", method: topic, value, facts });
  return { confidence: isPublished(message) ? 0.5 : 0, says };
}

function readNumber(frame: Uint8Array, message: DialectMessage): Form | undefined {
  const [, topic, number] = (frame.length < 20 ? ZIP_NUMBER.exec(utf8Text(frame) ?? "") : null) ?? [];
  if (topic === undefined || number === undefined) return undefined;
  return {
    confidence: isPublished(message) ? 0.6 : 0,
    says: say({ kind: "event", method: topic, args: [Number(number)], kwargs: {} }),
  };
}

/** JSON without a name: answers and results of the prototype's computers, and mail forms. */
function readBare(frame: Uint8Array, message: DialectMessage): Form | undefined {
  const status = readObjectWith("status", frame);
  if (status !== undefined) return readStatus(status);
  const point = readObjectWith("x", frame);
  if (point !== undefined) return readPoint(point, message);
  const mail = readObjectWith("email", frame);
  const isMail = mail !== undefined && ["user_agent", "service_uri"].every((key) => typeof mail[key] === "string");
  return isMail ? { confidence: 0.85, says: sayBare("mail form", mail) } : undefined;
}

function readStatus(value: JsonObject): Form | undefined {
  const { status, computer, unit = computer } = value;
  const isAnswer = hasOnly(value, ["status"], ["computer", "unit"]) && typeof status === "string";
  return isAnswer && typeof unit === "number" ? { confidence: 0.8, says: sayBare("answer", value, status) } : undefined;
}

function readPoint(value: JsonObject, { sender, receiver }: DialectMessage): Form | undefined {
  const isPoint = hasOnly(value, ["x", "y"], ["unit", "counter"]) && Object.values(value).every(isNumber);
  if (!isPoint) return undefined;
  const isCounted = hasOnly(value, ["x", "y", "unit", "counter"]);
  const isPushed = sender === "PUSH" || receiver === "PULL";
  return { confidence: isCounted ? 0.85 : isPushed ? 0.3 : 0, says: sayBare("result", value) };
}

function sayBare(form: string, value: JsonObject, method = ""): SaidOrProblem {
  return say({ kind: "event", method, value, facts: [{ label: "Form", value: form }] });
}

function encodeCommand({ method, args, kwargs, fields }: DialectCall): EncodedCall {
  const topic = fields["topic"];
  if (typeof topic !== "string" || !TOPIC_TEXT.test(topic)) {
    return { problem: `A command needs a topic: one word of at most ${MAX_TOPIC} letters, digits, and _ . : -` };
  }
  if (args.length > 0) return { problem: "A command has no positional arguments." };
  if (Object.hasOwn(kwargs, "cmd")) return { problem: "No argument of a command can be `cmd`: that is its name." };
  const written = jsonFrame({ cmd: method, ...kwargs });
  if ("problem" in written) return written;
  return { frames: [encoder.encode(`${topic} ${utf8Text(written.frames[0]!)!}`)] };
}

function encodeNumber({ method, args, kwargs }: DialectCall): EncodedCall {
  const text = `${method} ${String(args[0])}`;
  const isWhole = args.length === 1 && Object.keys(kwargs).length === 0 && typeof args[0] === "number";
  if (isWhole && ZIP_NUMBER.test(text)) return { frames: [encoder.encode(text)] };
  return { problem: "A topic of five digits takes one argument, a whole number of at most nine digits." };
}

/** The topic in front of the first space, and what follows it, which must begin like an object. */
function atSpace(frame: Uint8Array): readonly [string, Uint8Array] | undefined {
  const space = frame.subarray(0, MAX_TOPIC + 1).indexOf(SPACE);
  if (space < 1 || frame[space + 1] !== 0x7b) return undefined;
  const topic = utf8Text(frame.subarray(0, space)) ?? "";
  return TOPIC_TEXT.test(topic) ? [topic, frame.subarray(space + 1)] : undefined;
}

function isPublished({ sender, receiver }: DialectMessage): boolean {
  return sender === "PUB" || sender === "XPUB" || receiver === "SUB" || receiver === "XSUB";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

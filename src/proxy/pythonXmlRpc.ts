import { fromBase64 } from "./decode/base64.ts";
import { elementsOf, textOf, type XmlElement } from "./decode/xmlTree.ts";
import { pythonBytes } from "./literals.ts";

/** Names that stand behind a dot as they are. Python's own words do not, nor do names that objects have anyway. */
const DOTTED = /^[a-zA-Z]\w*(?:\.[a-zA-Z]\w*)*$/;
const KEYWORDS =
  /(?:^|\.)(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)(?:\.|$)/;
const WHOLE = /^[+-]?\d{1,10}$/;
const DOUBLE = /^[+-]?(?:\d+[.]?\d*|[.]\d+)(?:[eE][+-]?\d+)?$/;
const DATE_TIME = /^[\w:.+-]{1,40}$/;
const MAX_INT = 2 ** 31;
const MAX_DEPTH = 100;
const INTEGERS: ReadonlySet<string> = new Set(["int", "i1", "i2", "i4", "i8"]);

/**
 * A methodCall document as a call on `proxy`, a ServerProxy of Python's xmlrpc.client: `server.add(1, 2.0)`. Undefined for
 * what is no call, and for what xmlrpc.client would not write with the same values, such as whole numbers above 32 bits.
 */
export function pythonCall(proxy: string, call: XmlElement): string | undefined {
  const [name, params] = elementsOf(call);
  if (call.name !== "methodCall" || name?.name !== "methodName") return undefined;
  const method = textOf(name);
  if (method === "" || method.startsWith("_")) return undefined;
  const args: string[] = [];
  for (const param of params === undefined ? [] : elementsOf(params)) {
    const [value] = elementsOf(param);
    const text = value === undefined ? undefined : pythonValue(value, MAX_DEPTH);
    if (text === undefined) return undefined;
    args.push(text);
  }
  const isPlain = DOTTED.test(method) && !KEYWORDS.test(method);
  const target = isPlain ? `${proxy}.${method}` : `getattr(${proxy}, ${JSON.stringify(method)})`;
  return `${target}(${args.join(", ")})`;
}

function pythonValue(value: XmlElement, levels: number): string | undefined {
  if (value.name !== "value" || levels === 0) return undefined;
  const [typed] = elementsOf(value);
  if (typed === undefined) return JSON.stringify(textOf(value));
  switch (typed.name) {
    case "struct":
      return pythonDict(typed, levels);
    case "array":
      return pythonList(typed, levels);
    default:
      return pythonScalar(typed.name, textOf(typed));
  }
}

function pythonDict(struct: XmlElement, levels: number): string | undefined {
  const members: string[] = [];
  for (const member of elementsOf(struct)) {
    const [name, value] = elementsOf(member);
    const text = name === undefined || value === undefined ? undefined : pythonValue(value, levels - 1);
    if (name === undefined || text === undefined) return undefined;
    members.push(`${JSON.stringify(textOf(name))}: ${text}`);
  }
  return `{${members.join(", ")}}`;
}

function pythonList(array: XmlElement, levels: number): string | undefined {
  const [data] = elementsOf(array);
  const items = (data === undefined ? [] : elementsOf(data)).map((value) => pythonValue(value, levels - 1));
  return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
}

function pythonScalar(type: string, text: string): string | undefined {
  const word = text.trim();
  if (type === "string") return JSON.stringify(text);
  if (type === "nil") return "None";
  if (type === "boolean") return word === "1" ? "True" : word === "0" ? "False" : undefined;
  if (INTEGERS.has(type)) {
    const number = Number(word);
    return WHOLE.test(word) && number >= -MAX_INT && number < MAX_INT ? String(number) : undefined;
  }
  if (type === "double") {
    if (!DOUBLE.test(word)) return undefined;
    return /[.eE]/.test(word) ? word.replace(/^[+]/, "") : `${Number(word)}.0`;
  }
  if (type === "dateTime.iso8601") return DATE_TIME.test(word) ? `xmlrpc.client.DateTime("${word}")` : undefined;
  if (type !== "base64") return undefined;
  const octets = fromBase64(new TextEncoder().encode(text.replaceAll(/\s/g, "")));
  return octets === undefined ? undefined : `xmlrpc.client.Binary(${pythonBytes(octets)})`;
}

/** Stands where a secret was. */
export const REDACTED = "[redacted]";

/** Names whose values are secret, as words; written in any case, with or without separators. */
const SECRET_NAMES = [
  "password",
  "passwd",
  "pwd",
  "passphrase",
  "secret",
  "token",
  "api key",
  "private key",
  "access key",
  "authorization",
  "cookie",
  "credential",
];
/** Names of numbers begin with these: `token_count`. Only as its last word a name makes a secret of them. */
const ONLY_LAST = new Set(["token"]);
const MAX_NAMES = 100;
const MAX_NAME_CHARS = 100;
const MAX_DEPTH = 200;
/** A name behind which a value stands, such as the end of `"user_password"`. */
const NAME_AT_END = /[\p{L}\p{N}_.-]{1,100}$/u;
const TOPIC = /^[\p{L}\p{N}_./-]{1,80}$/u;
const WORDS = /[\p{L}\p{N}_.-]+/gu;
/** What may stand between a name and its value, with the quotes that end the name. */
const SEPARATOR = /[\\"']{0,4}\s{0,4}(?:=>|[:=>])\s{0,4}/g;
const QUOTE = /\\{0,3}["']/y;
const SCALAR = /(?:-?\d[\d.eE+-]{0,40}|true|false|null)(?=\s{0,4}[,}\]])/y;
const END_OF_WORD = /[\s,;&<>)\]}"']|$/g;
const END_OF_LINE = /[\r\n<]|$/g;
/** Credentials of HTTP, whatever stands before them. */
const SCHEME = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
/** A member of an XML-RPC struct. */
const MEMBER = /(<name>\s{0,20}([^<]{1,100}?)\s{0,20}<\/name>)(?:(?!<\/member>|<name>)[^]){1,100000}/g;
/** An element with attributes, and its text. */
const ELEMENT = /(<([\p{L}\p{N}_.:-]{1,100})\s[^<>]{1,500}>)[^<]+/gu;
const HEX = /0x((?:[0-9a-f]{2}){4,})/gi;
/** Fields that name what their neighbour `value` holds. */
const NAMING_FIELDS = ["name", "key", "header", "field"];

/**
 * Takes secrets out of what is told to others: values whose names say that they are secret, such as `password` or
 * `X-Api-Key`, in decoded values and in texts. It knows names only; what a position alone makes secret stays. Nothing that
 * is captured changes.
 */
export class Redactor {
  readonly isOn: boolean;
  readonly #names: readonly string[];
  readonly #hint: RegExp;

  /** `names` are secret besides the usual ones, at most 100 of them. */
  constructor(isOn: boolean, names: readonly string[] = []) {
    this.isOn = isOn;
    const own = names.slice(0, MAX_NAMES).map((name) => wordsOf(name.slice(0, MAX_NAME_CHARS)).join(" "));
    this.#names = [...SECRET_NAMES, ...own.filter((name) => name !== "")];
    const patterns = this.#names.map((name) => name.split(" ").join("[^\\p{L}\\p{N}]?"));
    this.#hint = new RegExp(patterns.join("|"), "iu");
  }

  /** Whether what has this name is secret. */
  isSecretName(name: string): boolean {
    if (!this.isOn || !this.#hint.test(name)) return false;
    const words = wordsOf(name.slice(-MAX_NAME_CHARS));
    const [joined, spaced] = [words.join(""), ` ${words.join(" ")} `];
    return this.#names.some((secret) => {
      const end = secret.replaceAll(" ", "");
      if (joined.endsWith(end)) return true;
      return !ONLY_LAST.has(secret) && (joined.endsWith(`${end}s`) || spaced.includes(` ${secret} `));
    });
  }

  /** Whether a whole text is such a name, as a topic may be: then it says what stands beside it. */
  isSecretTopic(text: string): boolean {
    return TOPIC.test(text) && this.isSecretName(text);
  }

  /** Whether octets that nobody could decode may hold a secret: there is such a name among them. */
  namesSecret(bytes: Uint8Array): boolean {
    if (!this.isOn) return false;
    let text = "";
    for (const octet of bytes) text += String.fromCharCode(octet);
    return this.#hint.test(text);
  }

  /** A text without the values of `password=…`, `"password": "…"`, `<password>…` and the like. */
  text(text: string): string {
    if (!this.isOn) return text;
    const plain = text.replace(SCHEME, `$1 ${REDACTED}`);
    if (!this.#hint.test(plain)) return plain;
    const hide = (all: string, before: string, name: string): string =>
      this.isSecretName(name) ? `${before}${REDACTED}` : all;
    return this.#values(plain.replace(MEMBER, hide).replace(ELEMENT, hide));
  }

  /** One line about a payload, which may be cut, or of frames one behind the other: what follows a secret name is left out. */
  preview(text: string): string {
    if (!this.isOn) return text;
    const known = this.text(text).replace(HEX, (all, hex: string) => (this.#isSecretHex(hex) ? `0x${REDACTED}` : all));
    if (!this.#hint.test(known)) return known;
    for (const match of known.matchAll(WORDS)) {
      const end = match.index + match[0].length;
      if (!this.isSecretName(match[0]) || known.slice(end, end + 10 + REDACTED.length).includes(REDACTED)) continue;
      if (/^[^\p{L}\p{N}]*$/u.test(known.slice(end))) continue;
      return `${known.slice(0, end)} ${REDACTED}`;
    }
    return known;
  }

  /** Plain data, as JSON holds it, without the values of such names. */
  value(value: unknown): unknown {
    return this.isOn ? this.#value(value, 0) : value;
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MAX_DEPTH) return "[nested too deeply]";
    if (Array.isArray(value)) {
      const [first, second] = value as unknown[];
      // Maps and headers as lists of pairs.
      if (value.length === 2 && typeof first === "string" && second !== undefined && this.isSecretName(first)) {
        return [first, REDACTED];
      }
      return value.map((one) => this.#value(one, depth + 1));
    }
    const fields = value as Readonly<Record<string, unknown>>;
    const isNamed = NAMING_FIELDS.some((field) => {
      const name = fields[field];
      return typeof name === "string" && this.isSecretName(name);
    });
    return Object.fromEntries(
      Object.entries(fields).map(([name, one]) => {
        const isSecret = one !== null && (this.isSecretName(name) || (isNamed && name === "value"));
        return [name, isSecret ? REDACTED : this.#value(one, depth + 1)];
      }),
    );
  }

  #values(text: string): string {
    let told = "";
    let from = 0;
    SEPARATOR.lastIndex = 0;
    for (let match = SEPARATOR.exec(text); match !== null; match = SEPARATOR.exec(text)) {
      const { index } = match;
      const name = NAME_AT_END.exec(text.slice(Math.max(from, index - MAX_NAME_CHARS), index))?.[0];
      if (name === undefined || !this.isSecretName(name)) continue;
      // The end of an element.
      if (text.charAt(index - name.length - 1) === "/" && match[0].startsWith(">")) continue;
      const [begin, end] = valueSpan(text, index + match[0].length, match[0].includes(":") ? ":" : match[0].trim());
      if (begin === end) continue;
      told += `${text.slice(from, begin)}${REDACTED}`;
      from = end;
      SEPARATOR.lastIndex = end;
    }
    return told + text.slice(from);
  }

  #isSecretHex(hex: string): boolean {
    const octets = hex.match(/../g)!.map((octet) => Number.parseInt(octet, 16));
    return this.namesSecret(Uint8Array.from(octets));
  }
}

/** Where the value behind a separator begins and ends; to the end of the text when that is cut. */
function valueSpan(text: string, from: number, separator: string): readonly [from: number, to: number] {
  const quote = matchAt(QUOTE, text, from);
  if (quote !== "") {
    const begin = from + quote.length;
    return [begin, closingQuote(text, begin, quote)];
  }
  const first = text.charAt(from);
  if (first === "{" || first === "[") {
    // What was redacted before is no list.
    return text.startsWith(REDACTED, from) ? [from, from] : [from, closingBracket(text, from)];
  }
  if (separator.endsWith(">") && first === "<" && text.charAt(from + 1) !== "/") return [from, text.length];
  if (separator.endsWith(">")) return [from, indexOr(text.indexOf("<", from), text)];
  if (separator === ":") {
    const scalar = matchAt(SCALAR, text, from);
    return [from, scalar === "" ? endAt(END_OF_LINE, text, from) : from + scalar.length];
  }
  return [from, endAt(END_OF_WORD, text, from)];
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + quote.length)) {
    if (quote.length > 1) return at;
    let slashes = 0;
    while (text.charAt(at - 1 - slashes) === "\\" && at - 1 - slashes >= from) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** Behind the bracket that closes the one at `from`. Brackets in texts count too, so it may be more than that. */
function closingBracket(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function endAt(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)!.index;
}

function indexOr(index: number, text: string): number {
  return index < 0 ? text.length : index;
}

/** `X-Api-Key`, `apiKey` and `api_key` alike are `api` and `key`. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

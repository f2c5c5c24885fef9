import { existsSync, readFileSync } from "node:fs";

/** A setting, or a field of one, as package.json describes it. */
export type Described = {
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
};

const TIMES = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

type Settings = Readonly<Record<string, Described>>;

/** Texts of package.json that stand in a file of their own, by their keys. */
export type Texts = Readonly<Record<string, string | { readonly message: string }>>;

/** Files of the documentation with parts that are made, and what each part holds, by its name. */
export type MadeParts = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** All parts of the documentation that follow package.json. */
export function madeParts(): MadeParts {
  const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
    contributes: { configuration: { properties: Settings } };
  };
  const texts = existsSync("package.nls.json") ? (JSON.parse(readFileSync("package.nls.json", "utf8")) as Texts) : {};
  const { properties } = contributes.configuration;
  return new Map([
    ["README.md", { settings: settingsInShort(properties, texts) }],
    ["docs/settings.md", { settings: settingsTable(properties, texts), fields: fieldTables(properties, texts) }],
  ]);
}

/** A text in which each part between its markers, `<!-- made: name -->` and `<!-- end -->`, is what it shall be. */
export function withParts(text: string, parts: Readonly<Record<string, string>>): string {
  let made = text;
  for (const [name, part] of Object.entries(parts)) {
    const begin = `<!-- made: ${name} -->\n`;
    const from = made.indexOf(begin);
    const to = made.indexOf("<!-- end -->", from);
    if (from < 0 || to < 0) throw new Error(`There is no place for the part "${name}".`);
    made = made.slice(0, from + begin.length) + part.trimEnd() + "\n" + made.slice(to);
  }
  return made;
}

/** A row for each setting, with the first sentence about it. */
export function settingsInShort(settings: Settings, texts: Texts): string {
  const rows = Object.entries(settings).map(([name, about]) => [
    code(name),
    defaultText(name, about),
    firstSentence(describe(about, texts)),
  ]);
  return table(["Setting", "Default", "What it is"], rows);
}

/** A row for each setting, with all that is said about it. */
export function settingsTable(settings: Settings, texts: Texts): string {
  const rows = Object.entries(settings).map(([name, about]) => [
    code(name),
    defaultText(name, about),
    describe(about, texts),
  ]);
  return table(["Setting", "Default", "What it is"], rows);
}

/** For each setting that is a list of objects its fields, those of objects in them by their path. */
export function fieldTables(settings: Settings, texts: Texts): string {
  const sections: string[] = [];
  for (const [name, { items }] of Object.entries(settings)) {
    if (items?.properties === undefined) continue;
    const rows = [...fieldsOf(items.properties)].map(([path, about]) => {
      const words =
        about.enum === undefined ? "" : ` One of ${about.enum.map((word) => code(String(word))).join(", ")}.`;
      return [code(path), defaultText(path, about), describe(about, texts) + words];
    });
    sections.push(`## ${name}\n${table(["Field", "Default", "What it is"], rows)}`);
  }
  return sections.join("\n\n");
}

function* fieldsOf(properties: Settings, before = ""): Generator<[string, Described]> {
  for (const [name, about] of Object.entries(properties)) {
    yield [before + name, about];
    if (about.properties !== undefined) yield* fieldsOf(about.properties, `${before}${name}.`);
  }
}

function describe({ markdownDescription, description }: Described, texts: Texts): string {
  const written = markdownDescription ?? description ?? "";
  const key = /^%(.+)%$/.exec(written)?.[1];
  const found = key === undefined ? written : (texts[key] ?? "");
  const text = typeof found === "string" ? found : found.message;
  return text.replace(/`#(zmqTap[\w.]+)#`/g, "`$1`").replaceAll("\n", " ");
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/.exec(text)?.[0] ?? text;
}

/** Numbers of octets have their size in words behind them, long times what they come to. */
function defaultText(name: string, { default: value }: Described): string {
  if (value === undefined) return "";
  const json = code(JSON.stringify(value));
  if (typeof value !== "number") return json;
  const words = name.endsWith("Ms") ? timeText(value) : sizeText(value);
  return words === "" ? json : `${json} (${words})`;
}

function sizeText(bytes: number): string {
  if (bytes < 2 ** 20) return "";
  return bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`;
}

function timeText(ms: number): string {
  const unit = TIMES.find(([, length]) => ms >= length && ms % length === 0);
  if (unit === undefined) return "";
  const count = ms / unit[1];
  return count === 1 ? `1 ${unit[0]}` : `${count} ${unit[0]}s`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

const code = (text: string): string => `\`${text}\``;

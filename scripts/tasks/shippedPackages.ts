import type { Built } from "./build.ts";
import { bundledPackages, manifestOf } from "./notices.ts";

/** The reviewed table of what is shipped. */
export const SHIPPED_TABLE = "docs/packages.md";

/** What each package is shipped for. A package that is not here is not shipped. */
const PURPOSES: Readonly<Record<string, string>> = {
  "@lit/reactive-element": "base of lit",
  "@modelcontextprotocol/sdk": "the protocol of `zmq-tap mcp`",
  "@vscode-elements/elements": "controls of the views",
  "@vscode/codicons": "icons of the views",
  ajv: "checks of the MCP library",
  "ajv-formats": "checks of the MCP library",
  "cmake-ts": "finds and loads the native file of zeromq",
  "fast-deep-equal": "part of ajv",
  "fast-uri": "part of ajv",
  "json-schema-traverse": "part of ajv",
  "libsodium-sumo": "CURVE's boxes, as WebAssembly",
  lit: "the views",
  "lit-element": "part of lit",
  "lit-html": "part of lit",
  long: "numbers of 64 bits in protobufjs",
  msgpackr: "MessagePack between host and engine",
  "node-addon-api": "headers, which zeromq is built with",
  protobufjs: "Protobuf payloads by `.proto` files",
  sax: "XML payloads",
  uplot: "charts",
  ws: "WebSockets of web bridges",
  zeromq: "bridges, web bridges, calls to endpoints, stand-ins; the demo",
  zod: "checks of the MCP library",
  "zod-to-json-schema": "checks of the MCP library",
};

export type ShippedPackage = {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly where: string;
  /** Scripts that npm runs when it is installed. */
  readonly scripts: string;
};

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"];

/** All packages that are in what is published, or installed by it: the bundled ones, by what esbuild says, and zeromq's. */
export async function shippedPackages(built: Built): Promise<readonly ShippedPackage[]> {
  const inExtension = bundledPackages([...built.common, ...built.withZeromq]);
  const inCommandLine = bundledPackages(built.commandLine);
  const beside = await dependencyFolders("zeromq");
  const shipped = new Map<string, ShippedPackage>();
  for (const folder of new Set([...inExtension, ...inCommandLine, ...beside])) {
    const { name, version, license = "none", scripts = {} } = await manifestOf(folder);
    const where = [
      ...(inExtension.includes(folder) ? ["extension"] : []),
      ...(inCommandLine.includes(folder) ? ["zmq-tap"] : []),
      ...(beside.includes(folder) ? ["beside zmq-tap"] : []),
    ];
    const run = INSTALL_SCRIPTS.filter((script) => script in scripts);
    // Two packages may each have the same version of a third one.
    shipped.set(`${name}@${version}`, {
      name,
      version,
      licence: license,
      where: where.join(", "),
      scripts: run.join(", ") || "none",
    });
  }
  return [...shipped.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** A package, and what it needs, as npm installs them. */
async function dependencyFolders(name: string, found = new Set<string>()): Promise<string[]> {
  if (found.has(name)) return [...found];
  found.add(name);
  const { dependencies = {} } = await manifestOf(name);
  for (const needed of Object.keys(dependencies)) await dependencyFolders(needed, found);
  return [...found];
}

/** When versions were released: that which is shipped, and the last one there was. Each is `YYYY-MM-DD`. */
export type Releases = { readonly shipped: string; readonly last: string; readonly lastVersion: string };

const HEADER = [
  "| package | version | released | last release | licence | install scripts | shipped in | what for |",
  "|---|---|---|---|---|---|---|---|",
];

/** The page with the table. */
export function packagesPage(
  shipped: readonly ShippedPackage[],
  releases: ReadonlyMap<string, Releases>,
  reviewed: string,
): string {
  const rows = shipped.map((one) => {
    const { shipped: released, last, lastVersion } = releases.get(one.name)!;
    const newest = lastVersion === one.version ? "the same" : `${last} (${lastVersion})`;
    return `${begin(one)} ${released} | ${newest} |${end(one)}`;
  });
  return `# Shipped packages

Every npm package whose code is in a VSIX or in the npm package \`zmq-tap\`, and those that npm installs beside \`zmq-tap\`. Reviewed on ${reviewed}: age, upkeep, size, licence, and what it does with hostile input.

- Versions are exact, and \`package-lock.json\` has the hash of each. A build fails when what esbuild bundles is not what this table says.
- Nothing of the extension is installed by npm, so no install script runs on a user's machine. Of the npm package only \`zeromq\` has one: it loads its prebuilt native file, and builds it where that fails. It is optional: without it taps
  work, and what needs it says so.
- The licences' texts are in \`ThirdPartyNotices.txt\` of each package, with those of what zeromq's native file holds: libzmq (MPL-2.0), libsodium (ISC), SHA-1 of the WIDE Project (BSD-3-Clause), wepoll on Windows (BSD-2-Clause), and
  node-addon-api (MIT).
- \`npm run packages\` asks the registry for dates, and writes this table anew; the release workflow runs \`npm audit\`.

${[...HEADER, ...rows].join("\n")}
`;
}

/** How the table differs from what is shipped; empty when it does not. */
export function tableProblems(page: string, shipped: readonly ShippedPackage[]): string[] {
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && line !== HEADER[0]);
  const problems: string[] = [];
  for (const one of shipped) {
    if (!(one.name in PURPOSES))
      problems.push(`${one.name} is shipped, and scripts/tasks/shippedPackages.ts says not what for.`);
    const row = rows.find((line) => line.startsWith(`| ${one.name} |`));
    if (row === undefined) problems.push(`${one.name} is shipped, and not in ${SHIPPED_TABLE}.`);
    else if (!row.startsWith(begin(one)) || !row.endsWith(end(one)))
      problems.push(`${one.name} ${one.version} is not what ${SHIPPED_TABLE} says: ${row}`);
    else if (
      !/^ \d{4}-\d\d-\d\d \| (the same|\d{4}-\d\d-\d\d \(\S+\)) \|$/.test(
        row.slice(begin(one).length, -end(one).length),
      )
    )
      problems.push(`${one.name} has no dates in ${SHIPPED_TABLE}.`);
  }
  for (const row of rows) {
    const name = row.split("|")[1]!.trim();
    if (!shipped.some((one) => one.name === name)) problems.push(`${name} is in ${SHIPPED_TABLE}, and not shipped.`);
  }
  return problems;
}

function begin({ name, version }: ShippedPackage): string {
  return `| ${name} | ${version} |`;
}

function end({ name, licence, where, scripts }: ShippedPackage): string {
  return ` ${licence} | ${scripts} | ${where} | ${PURPOSES[name] ?? ""} |`;
}

import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Built } from "./build.ts";
import { bundledPackages, thirdPartyNotices } from "./notices.ts";
import { runNpm } from "./npm.ts";
import type { Package } from "./pack.ts";
import { npmFile } from "./packageFiles.ts";

const MAX_NPM_BYTES = 1_200_000;

/** Where the package is put together. */
const FOLDER = "out/npm";

/** What the command line loads. */
const BUNDLES = ["dist/cli.js", "dist/mcp.js", "dist/sodium.cjs", "dist/web/zmq.js", "dist/web/zmq.d.ts"];
const TEXTS = ["LICENSE", "CHANGELOG.md"];
const MAN_PAGE = "man/zmq-tap.1";

/** All that is in it. */
const FILES = [...BUNDLES, ...TEXTS, MAN_PAGE, "README.md", "ThirdPartyNotices.txt", "package.json"];

/** Packs the npm package `zmq-tap` of what `dist` holds into `out`. Throws when it is too big or holds what it should not. */
export async function packNpm(built: Built): Promise<Package> {
  const manifest = npmManifest(JSON.parse(await readFile("package.json", "utf8")) as ExtensionManifest);
  await rm(FOLDER, { recursive: true, force: true });
  for (const file of [...BUNDLES, ...TEXTS]) {
    await mkdir(dirname(join(FOLDER, file)), { recursive: true });
    await copyFile(file, join(FOLDER, file));
  }
  await mkdir(join(FOLDER, dirname(MAN_PAGE)), { recursive: true });
  await writeFile(join(FOLDER, MAN_PAGE), await help("help", "--format", "man"));
  await writeFile(join(FOLDER, "README.md"), readme(await help("--help")));
  await writeFile(join(FOLDER, "ThirdPartyNotices.txt"), await thirdPartyNotices(bundledPackages(built.commandLine)));
  await writeFile(join(FOLDER, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const told = await runNpm(["pack", "--json"], FOLDER);
  const [packed] = JSON.parse(told) as readonly NpmPacked[];
  if (packed === undefined) throw new Error("npm pack made no file.");
  const file = npmFile(manifest.version);
  await rename(join(FOLDER, packed.filename), file);
  const files = packed.files.map(({ path }) => path).sort();
  const problems = npmProblems(files, packed.size);
  if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}.`);
  return { file, sizeBytes: packed.size, files };
}

/** What `npm pack --json` says. */
type NpmPacked = {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
};

/** What is wrong with an npm package of these files and this size; empty when nothing is. */
export function npmProblems(files: readonly string[], sizeBytes: number): string[] {
  const problems: string[] = [];
  if (sizeBytes > MAX_NPM_BYTES) problems.push(`${sizeBytes} bytes are more than the ${MAX_NPM_BYTES} allowed`);
  for (const name of FILES) if (!files.includes(name)) problems.push(`${name} is missing`);
  for (const name of files) if (!FILES.includes(name)) problems.push(`${name} does not belong in it`);
  return problems;
}

type ExtensionManifest = {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly keywords: readonly string[];
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
};

/** The manifest of the npm package: what the extension's says, without what only VS Code reads. */
export function npmManifest(extension: ExtensionManifest): Readonly<Record<string, unknown>> & { version: string } {
  const { name, version, license, keywords, engines, dependencies } = extension;
  return {
    name,
    version,
    description:
      "See, decode, replay and answer ZeroMQ traffic between programs that already exist, on the command line.",
    license,
    keywords: [...keywords, "cli"],
    type: "module",
    bin: { "zmq-tap": "./dist/cli.js" },
    man: [`./${MAN_PAGE}`],
    files: FILES.filter((file) => file !== "package.json"),
    engines: { node: engines.node },
    // Taps work without it, so that it may fail to install.
    optionalDependencies: dependencies,
  };
}

function readme(overview: string): string {
  return `# zmq-tap

See, decode, replay and answer ZeroMQ traffic between programs that already exist. A tap stands between a client and its server, alters nothing, and prints what both say: what mitmproxy is for HTTP, for ZeroMQ.

\`\`\`
npx zmq-tap attach tcp://127.0.0.1:5556
\`\`\`

prints where clients connect instead, and then every message. CURVE and PLAIN, capture files that Wireshark opens, replays, calls, mock servers and bridges are there too; the same in an editor is the VS Code extension ZMQ Tap.

Node 22 or later. The library zeromq is an optional dependency: taps, also with keys, work where it cannot be installed; bridges, mock servers and calls to endpoints need it, and say so.

Completion: \`eval "$(zmq-tap completion bash)"\` in ~/.bashrc; zsh and fish are told by \`zmq-tap completion --help\`. There is a manual page, \`man zmq-tap\`, when it is installed with \`--global\`.

\`\`\`
${overview.trimEnd()}
\`\`\`
`;
}

/** What the command line prints of itself, on a terminal of 100 columns. */
async function help(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, COLUMNS: "100" };
  const { stdout } = await promisify(execFile)(process.execPath, ["dist/cli.js", ...args], { env });
  return stdout;
}

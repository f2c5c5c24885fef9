import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build as esbuild, type BuildOptions, type Metafile } from "esbuild";
import typescript from "typescript";
import { laterCliFiles, laterEngineFiles, laterFiles } from "./laterFiles.ts";
import { bundledPackages, NATIVE_PARTS, thirdPartyNotices } from "./notices.ts";
import { vscodeImport } from "./vscodeImport.ts";
import { sodiumFile } from "./sodiumFile.ts";
import { templateSpace } from "./templateSpace.ts";
import { nativeAsset, type Target, UNIVERSAL, zeromqNative } from "./zeromqNative.ts";

const KB = 1000;

/** What may be loaded at most, minified. What is not needed at start belongs in a file of its own. */
const BUDGETS = {
  extension: 120 * KB,
  engine: 300 * KB,
  viewAtStart: 300 * KB,
  viewInAll: 455 * KB,
};

const COMMON = {
  bundle: true,
  minify: true,
  metafile: true,
  legalComments: "none",
  // An uncaught error prints the line it came from.
  lineLimit: 200,
  logLevel: "warning",
  // The oldest supported VS Code runs on Node 22.
  target: "node22",
  outdir: "dist",
} satisfies BuildOptions;

const NODE = {
  ...COMMON,
  platform: "node",
  // msgpackr's Node entry looks for a native accelerator that no VSIX carries.
  alias: { msgpackr: resolve("node_modules/msgpackr/index.js") },
} satisfies BuildOptions;

const COMMON_JS = { ...NODE, format: "cjs", outExtension: { ".js": ".cjs" } } satisfies BuildOptions;

/** What was built, for what is bundled in it. */
export type Built = {
  /** Bundles of every VSIX, and those with the target's native file. */
  readonly common: readonly Metafile[];
  readonly withZeromq: readonly Metafile[];
  /** Bundles of the npm package. */
  readonly commandLine: readonly Metafile[];
};

/**
 * Writes `dist` anew for one target; with `before`, a build for another target that `dist` holds, only what differs. Throws an
 * error of one sentence when a bundle is above its budget.
 */
export async function build(target: Target, before?: Built): Promise<Built> {
  await rm(before === undefined ? "dist" : "dist/native", { recursive: true, force: true });
  const [withZeromq, { common, commandLine }] = await Promise.all([buildWithZeromq(target), before ?? buildCommon()]);
  const notices = await thirdPartyNotices(
    bundledPackages([...common, ...withZeromq]),
    target === UNIVERSAL ? [] : NATIVE_PARTS,
  );
  await writeFile("dist/ThirdPartyNotices.txt", notices);
  return { common, withZeromq, commandLine };
}

/** What the target's native file stands in, or stands missing. */
async function buildWithZeromq(target: Target): Promise<readonly Metafile[]> {
  const common = {
    ...COMMON_JS,
    plugins: [zeromqNative(target), sodiumFile, laterEngineFiles],
    supported: { "dynamic-import": false },
    loader: { ".node": "copy" },
    ...(target === UNIVERSAL ? {} : { assetNames: nativeAsset(target) }),
  } satisfies BuildOptions;
  const [engine, others] = await Promise.all([
    esbuild({ ...common, entryPoints: { engine: "src/proxy/main.ts", "demo/demo": "demo/main.ts" } }),
    esbuild({
      ...common,
      entryPoints: {
        standIns: "src/proxy/standIns.ts",
        calls: "src/proxy/calls.ts",
        webBridges: "src/proxy/webBridges.ts",
        bridges: "src/proxy/bridges.ts",
      },
    }),
  ]);
  refuse([overBudget("dist/engine.cjs", bytesAtStart(engine.metafile, "dist/engine.cjs"), BUDGETS.engine)]);
  return [engine.metafile, others.metafile];
}

/** What is the same for all targets. */
async function buildCommon(): Promise<Pick<Built, "common" | "commandLine">> {
  const [extension, commands, filterText, later, view, icons, sodium, msgpackr, commandLine] = await Promise.all([
    esbuild({
      ...COMMON_JS,
      entryPoints: ["src/extension.ts"],
      external: ["vscode"],
      plugins: [vscodeImport, laterFiles],
      // What is imported later is required, as everything in a CommonJS bundle.
      supported: { "dynamic-import": false },
    }),
    esbuild({
      ...COMMON_JS,
      entryPoints: {
        commands: "src/host/commands.ts",
        adoption: "src/host/adoption.ts",
        connectionFiles: "src/host/connectionFiles.ts",
        loadedBridges: "src/host/loadedBridges.ts",
        onDemand: "src/host/onDemand.ts",
        assistantTools: "src/host/assistantTools.ts",
        callLanguage: "src/host/callLanguage.ts",
      },
      external: ["vscode"],
      plugins: [vscodeImport, laterFiles],
      supported: { "dynamic-import": false },
    }),
    esbuild({
      ...COMMON_JS,
      entryPoints: { filterText: "src/shared/filterText.ts" },
    }),
    esbuild({
      ...COMMON_JS,
      entryPoints: {
        dialects: "src/proxy/dialects/registry.ts",
        dialogue: "src/proxy/dialogue.ts",
        captureWatch: "src/proxy/captureWatch.ts",
        pictures: "src/proxy/pictures.ts",
        filterRun: "src/proxy/filterRun.ts",
        hostDoor: "src/proxy/hostDoor.ts",
        readFilter: "src/proxy/readFilter.ts",
        seenValues: "src/proxy/seenValues.ts",
        conversationFilter: "src/proxy/conversationFilter.ts",
        openedMessage: "src/proxy/openedMessage.ts",
        protoFiles: "src/proxy/decode/protoFiles.ts",
        fileCapture: "src/proxy/files/fileCapture.ts",
        exportCapture: "src/proxy/exportCapture.ts",
        sendSession: "src/proxy/sendSession.ts",
        sender: "src/proxy/sender.ts",
        watchAll: "src/proxy/watchAll.ts",
        ownDialects: "src/proxy/ownDialects.ts",
        httpWatch: "src/proxy/httpWatch.ts",
        socksTaps: "src/proxy/socksTaps.ts",
        interventions: "src/proxy/interventions.ts",
      },
      plugins: [laterEngineFiles],
      supported: { "dynamic-import": false },
    }),
    esbuild({
      ...COMMON,
      entryPoints: { main: "webview/main.ts", view: "webview/view.css" },
      format: "esm",
      splitting: true,
      target: "es2022",
      outdir: "dist/view",
      chunkNames: "chunk-[hash]",
      plugins: [templateSpace],
    }),
    esbuild({
      ...COMMON,
      entryPoints: ["node_modules/@vscode/codicons/dist/codicon.css"],
      outdir: "dist/view",
      loader: { ".ttf": "copy" },
      assetNames: "[name]",
    }),
    // Loaded by the engine and by the command line when the first tap with keys starts.
    esbuild({
      ...COMMON_JS,
      entryPoints: { sodium: "src/proxy/crypto/sodium.ts" },
      // The entry for ES modules carries no JavaScript copy of the library beside the WebAssembly.
      conditions: ["import"],
      define: { "import.meta.url": "undefined" },
    }),
    esbuild({
      ...COMMON_JS,
      entryPoints: { msgpackr: NODE.alias.msgpackr },
    }),
    esbuild({
      ...NODE,
      entryPoints: { cli: "src/cli/main.ts", mcp: "src/cli/mcp.ts" },
      format: "esm",
      // The npm package finds the native file of whatever machine it is installed on by itself.
      external: ["zeromq"],
      plugins: [sodiumFile, laterCliFiles],
      banner: {
        js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
      },
    }),
    // Served by web bridges.
    esbuild({
      ...COMMON,
      entryPoints: ["webClient/zmq.ts"],
      format: "esm",
      target: "es2022",
      outdir: "dist/web",
    }),
    // Its import stays one: it is that of a module of the user's.
    esbuild({
      ...COMMON_JS,
      entryPoints: { dialectWorker: "src/proxy/ownDialects/worker.ts" },
    }),
  ]);
  await writeFile("dist/web/zmq.d.ts", await declarations("webClient/zmq.ts"));
  await makeExecutable("dist/cli.js");
  refuse([
    overBudget("dist/extension.cjs", bytesAtStart(extension.metafile, "dist/extension.cjs"), BUDGETS.extension),
    overBudget("The view at start", bytesAtStart(view.metafile, "dist/view/main.js"), BUDGETS.viewAtStart),
    overBudget("The view in all", bytesInAll(view.metafile), BUDGETS.viewInAll),
  ]);
  const common = [extension, commands, filterText, later, view, icons, sodium, msgpackr];
  return {
    common: common.map(({ metafile }) => metafile),
    commandLine: [commandLine.metafile, sodium.metafile],
  };
}

function refuse(found: readonly (string | undefined)[]): void {
  const problems = found.filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** The types of a module that says all of them itself. */
async function declarations(file: string): Promise<string> {
  const { outputText, diagnostics = [] } = typescript.transpileDeclaration(await readFile(file, "utf8"), {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: { isolatedDeclarations: true, declaration: true, target: typescript.ScriptTarget.ES2022 },
  });
  const [problem] = diagnostics;
  if (problem !== undefined) {
    throw new Error(`${file}: ${typescript.flattenDiagnosticMessageText(problem.messageText, " ")}`);
  }
  return outputText;
}

async function makeExecutable(file: string): Promise<void> {
  const code = await readFile(file, "utf8");
  if (!code.startsWith("#!")) await writeFile(file, `#!/usr/bin/env node\n${code}`);
  await chmod(file, 0o755);
}

/** Bytes of an output file and of what it imports before it can run. */
export function bytesAtStart(metafile: Metafile, file: string): number {
  const loaded = new Set<string>();
  const load = (path: string): number => {
    const output = metafile.outputs[path];
    if (output === undefined || loaded.has(path)) return 0;
    loaded.add(path);
    const imports = output.imports.filter(({ kind, external }) => kind === "import-statement" && external !== true);
    return imports.reduce((sum, { path: imported }) => sum + load(imported), output.bytes);
  };
  return load(file);
}

/** Bytes of all scripts of a build. */
export function bytesInAll(metafile: Metafile): number {
  const scripts = Object.entries(metafile.outputs).filter(([path]) => path.endsWith("js"));
  return scripts.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

/** A sentence when `bytes` is above `budget`. */
export function overBudget(what: string, bytes: number, budget: number): string | undefined {
  if (bytes <= budget) return undefined;
  return `${what}: ${(bytes / KB).toFixed(1)} KB minified is above the budget of ${budget / KB} KB; move what is not needed at start into a file of its own.`;
}

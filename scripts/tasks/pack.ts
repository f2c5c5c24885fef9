import { mkdir, readFile } from "node:fs/promises";
import { createVSIX } from "@vscode/vsce";
import { build, type Built } from "./build.ts";
import { nativeProblem } from "./nativeHeader.ts";
import { vsixFile } from "./packageFiles.ts";
import { SHIPPED_TABLE, shippedPackages, tableProblems } from "./shippedPackages.ts";
import { nativeAsset, type Platform, type Target, UNIVERSAL } from "./zeromqNative.ts";
import { zipFile, zipList } from "./zipList.ts";

const MAX_VSIX_BYTES = 2_500_000;

export type Package = { readonly file: string; readonly sizeBytes: number; readonly files: readonly string[] };

/** Builds and packs the VSIX of a target into `out`. Throws when it is too big or holds what it should not. */
export async function pack(target: Target): Promise<Package> {
  return packBuilt(target, await build(target));
}

/** The same of several targets, with what each was built from. */
export async function packAll(
  targets: readonly Target[],
  packed: (made: Package) => void = () => undefined,
): Promise<Built | undefined> {
  let built: Built | undefined;
  for (const target of targets) {
    built = await build(target, built);
    packed(await packBuilt(target, built));
  }
  return built;
}

/** Packs what `dist` holds. */
async function packBuilt(target: Target, built: Built): Promise<Package> {
  const table = await readFile(SHIPPED_TABLE, "utf8");
  const shipped = await shippedPackages(built);
  const untold = tableProblems(table, shipped);
  if (untold.length > 0)
    throw new Error(`${untold.join("\n")}\nReview it, and write the table anew: npm run packages.`);
  await mkdir("out", { recursive: true });
  const file = vsixFile(target);
  await quietly(() =>
    createVSIX({
      rewriteRelativeLinks: false,
      packagePath: file,
      ...(target === UNIVERSAL ? {} : { target }),
      dependencies: false,
      allowMissingRepository: true,
    }),
  );
  const archive = await readFile(file);
  const files = zipList(archive);
  const problems = vsixProblems(files, archive.length, target);
  if (problems.length === 0 && target !== UNIVERSAL) {
    const problem = nativeProblem(zipFile(archive, nativeInVsix(target)), target);
    if (problem !== undefined) problems.push(`its native file is not for ${target}: ${problem}`);
  }
  if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}.`);
  return { file, sizeBytes: archive.length, files };
}

function nativeInVsix(platform: Platform): string {
  return `extension/dist/${nativeAsset(platform)}.node`;
}

/** What is wrong with a VSIX of these files and this size; empty when nothing is. */
export function vsixProblems(files: readonly string[], sizeBytes: number, target: Target): string[] {
  const required = [
    "extension/package.json",
    "extension/package.nls.json",
    "extension/l10n/bundle.l10n.json",
    "extension/readme.md",
    "extension/changelog.md",
    "extension/LICENSE.txt",
    "extension/docs/README.md",
    "extension/docs/findings.md",
    "extension/media/zmqrpcLanguage.json",
    "extension/media/zmqrpcGrammar.json",
    "extension/media/zmqrpcResultsGrammar.json",
    "extension/dist/ThirdPartyNotices.txt",
    "extension/dist/extension.cjs",
    "extension/dist/commands.cjs",
    "extension/dist/adoption.cjs",
    "extension/dist/connectionFiles.cjs",
    "extension/dist/loadedBridges.cjs",
    "extension/dist/onDemand.cjs",
    "extension/dist/callLanguage.cjs",
    "extension/dist/assistantTools.cjs",
    "extension/dist/filterText.cjs",
    "extension/dist/engine.cjs",
    "extension/dist/dialects.cjs",
    "extension/dist/dialogue.cjs",
    "extension/dist/captureWatch.cjs",
    "extension/dist/pictures.cjs",
    "extension/dist/filterRun.cjs",
    "extension/dist/hostDoor.cjs",
    "extension/dist/sender.cjs",
    "extension/dist/watchAll.cjs",
    "extension/dist/openedMessage.cjs",
    "extension/dist/protoFiles.cjs",
    "extension/dist/calls.cjs",
    "extension/dist/readFilter.cjs",
    "extension/dist/seenValues.cjs",
    "extension/dist/conversationFilter.cjs",
    "extension/dist/fileCapture.cjs",
    "extension/dist/exportCapture.cjs",
    "extension/dist/dialectWorker.cjs",
    "extension/dist/ownDialects.cjs",
    "extension/dist/httpWatch.cjs",
    "extension/dist/standIns.cjs",
    "extension/dist/bridges.cjs",
    "extension/dist/webBridges.cjs",
    "extension/dist/web/zmq.js",
    "extension/dist/web/zmq.d.ts",
    "extension/dist/sendSession.cjs",
    "extension/dist/socksTaps.cjs",
    "extension/dist/interventions.cjs",
    "extension/dist/sodium.cjs",
    "extension/dist/msgpackr.cjs",
    "extension/dist/demo/demo.cjs",
    "extension/dist/view/main.js",
    "extension/dist/view/view.css",
    "extension/dist/view/codicon.css",
    "extension/dist/view/codicon.ttf",
    ...(target === UNIVERSAL ? [] : [nativeInVsix(target)]),
  ];
  const alsoAllowed = [
    /^extension\.vsixmanifest$/,
    /^\[Content_Types\]\.xml$/,
    /^extension\/dist\/view\/chunk-\w+\.js$/,
    /^extension\/docs\/(?:reports\/)?[\w-]+\.md$/,
    /^extension\/media\/[\w-]+\.(svg|png|md)$/,
    /^extension\/package\.nls\.[a-z-]+\.json$/,
    /^extension\/l10n\/bundle\.l10n\.[a-z-]+\.json$/,
  ];
  const problems: string[] = [];
  if (sizeBytes > MAX_VSIX_BYTES) problems.push(`${sizeBytes} bytes are more than the ${MAX_VSIX_BYTES} allowed`);
  for (const name of required) if (!files.includes(name)) problems.push(`${name} is missing`);
  for (const name of files) {
    const isAllowed = required.includes(name) || alsoAllowed.some((pattern) => pattern.test(name));
    if (!isAllowed) problems.push(`${name} does not belong in it (see .vscodeignore)`);
  }
  return problems;
}

/** vsce writes its own report to the console; ours says the same in one line. */
async function quietly(run: () => Promise<void>): Promise<void> {
  const { log } = console;
  console.log = () => undefined;
  try {
    await run();
  } finally {
    console.log = log;
  }
}

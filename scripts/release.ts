import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { runScript } from "./tasks/entry.ts";
import { runNpm } from "./tasks/npm.ts";
import { npmFile, vsixFile } from "./tasks/packageFiles.ts";
import { refusal, withReleased, withVersion } from "./tasks/releaseTexts.ts";
import { TARGETS, UNIVERSAL } from "./tasks/zeromqNative.ts";

const USAGE = "Usage: npm run release -- <version> [--dry-run]";
/** What a release changes. */
const CHANGED = ["package.json", "package-lock.json", "CHANGELOG.md"];

// Makes a release: checks, version, changelog, packages, checksums, commit and tag. It publishes nothing: it ends with the
// commands that do. When something fails, files are as they were.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean", default: false } },
});

await runScript(async () => {
  const [version, ...rest] = positionals;
  if (version === undefined || rest.length > 0) throw new Error(USAGE);
  const before = new Map(await Promise.all(CHANGED.map(async (file) => [file, await readFile(file, "utf8")] as const)));
  const manifest = JSON.parse(before.get("package.json")!) as { readonly version: string };
  const problem = refusal({
    wanted: version,
    current: manifest.version,
    changelog: before.get("CHANGELOG.md")!,
    changes: git("status", "--porcelain"),
    tags: git("tag", "--list").split("\n"),
  });
  if (problem !== null) throw new Error(problem);
  const date = new Date().toISOString().slice(0, 10);
  const { changelog, section } = withReleased(before.get("CHANGELOG.md")!, version, date);
  console.log(`checking ${git("rev-parse", "--short", "HEAD")}…`);
  await step("check");
  if (values["dry-run"]) {
    console.log(`A release of ${version} would have this in the changelog:\n\n${section}\n\nand these files:`);
    for (const { name } of filesOf(version)) console.log(`  ${name}`);
    console.log("Nothing was changed.");
    return;
  }
  const folder = join("out", `release-${version}`);
  try {
    await writeFile("CHANGELOG.md", changelog);
    await writeFile("package.json", withVersion(before.get("package.json")!, version));
    await writeFile("package-lock.json", withVersion(before.get("package-lock.json")!, version));
    console.log("packing…");
    await step("package");
    await collect(folder, version);
    git("add", ...CHANGED);
    git("commit", "--quiet", "--message", `Release ${version}`);
  } catch (error) {
    for (const [file, text] of before) await writeFile(file, text);
    git("reset", "--quiet");
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  git("tag", "--annotate", `v${version}`, "--message", `${version}\n\n${section}`, "--cleanup=verbatim");
  console.log(publishing(folder, version));
});

/** Runs a script of package.json. */
async function step(script: string): Promise<void> {
  try {
    await runNpm(["run", script]);
  } catch (error) {
    const { stdout = "" } = ((error as Error).cause ?? {}) as { readonly stdout?: string };
    throw new Error(`Nothing was released, since \`npm run ${script}\` failed.\n${stdout.trim()}`, { cause: error });
  }
}

type ReleaseFile = { readonly from: string; readonly name: string };

/** What a release has, and what it is called there. */
function filesOf(version: string): readonly ReleaseFile[] {
  return [
    ...TARGETS.map((target) => ({
      from: vsixFile(target),
      name: target === UNIVERSAL ? `zmq-tap-${version}.vsix` : `zmq-tap-${target}-${version}.vsix`,
    })),
    { from: npmFile(version), name: basename(npmFile(version)) },
  ];
}

/** Copies all packages into one folder, with their checksums as `sha256sum --check` reads them. */
async function collect(folder: string, version: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  let sums = "";
  for (const { from, name } of filesOf(version)) {
    await copyFile(from, join(folder, name));
    sums += `${createHash("sha256")
      .update(await readFile(from))
      .digest("hex")}  ${name}\n`;
  }
  await writeFile(join(folder, "SHA256SUMS"), sums);
}

function publishing(folder: string, version: string): string {
  return `${version} is committed and tagged here, and its packages are in ${folder}. To publish it:
  git push --follow-tags
  npx vsce publish --packagePath ${join(folder, "*.vsix")}
  npm publish ${join(folder, basename(npmFile(version)))}
and attach the files of ${folder}, with SHA256SUMS, to the release of v${version}.
To take it back before that: git tag --delete v${version} && git reset --hard HEAD~1`;
}

/** Runs git and gives what it prints. Throws with what it says when it fails. */
function git(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("git", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`\`git ${args[0] ?? ""}\` failed: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

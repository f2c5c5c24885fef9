import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

/** What the steps of a release are here: whether they pass stands in a file, and packages are small. */
const STEPS = {
  check: "node steps.cjs check",
  package: "node steps.cjs package",
};
const STEPS_FILE = `const { existsSync, mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const [, , step] = process.argv;
console.log("this is " + step);
if (existsSync(step + "-fails")) process.exit(1);
if (step === "package") {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  mkdirSync("out", { recursive: true });
  const targets = ["linux-x64", "linux-arm64", "alpine-x64", "alpine-arm64", "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64", "universal"];
  for (const target of targets) writeFileSync("out/zmq-tap-" + target + ".vsix", target + " " + version);
  writeFileSync("out/zmq-tap-" + version + ".tgz", "npm " + version);
}
`;

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

type Clone = {
  readonly folder: string;
  readonly git: (...args: readonly string[]) => string;
  /** Runs the release script with these arguments. */
  readonly release: (...args: readonly string[]) => Ended;
};

/** A repository of its own with the release script of this one, whose changelog has something to release. */
function clone(t: TestContext): Clone {
  const folder = mkdtempSync(join(tmpdir(), "zt-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync("scripts", join(folder, "scripts"), { recursive: true });
  cpSync("package-lock.json", join(folder, "package-lock.json"));
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };
  const text = JSON.stringify({ ...manifest, version: "0.1.0", scripts: { ...manifest.scripts, ...STEPS } }, null, 2);
  writeFileSync(join(folder, "package.json"), `${text}\n`);
  writeFileSync(join(folder, "CHANGELOG.md"), "# Changelog\n\n## Unreleased\n\n### Taps\n- Something new.\n");
  writeFileSync(join(folder, "steps.cjs"), STEPS_FILE);
  writeFileSync(join(folder, ".gitignore"), "out/\n*-fails\n");
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();
  git("init", "--quiet");
  git("config", "user.name", "Test");
  git("config", "user.email", "test@example.org");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Test");
  const release: Clone["release"] = (...args) => {
    // The npm that runs this test has told its scripts about another folder.
    const own = Object.entries(process.env).filter(([name]) => name === "npm_execpath" || !name.startsWith("npm_"));
    const options = { cwd: folder, encoding: "utf8", env: Object.fromEntries(own) } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/release.ts", ...args], options);
    return { code: status, stdout, stderr };
  };
  return { folder, git, release };
}

test("A release has a commit, a tag with its section of the changelog, all packages and their checksums", (t) => {
  const { folder, git, release } = clone(t);
  const { code, stdout, stderr } = release("0.2.0");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /npx vsce publish.*\n {2}npm publish out\/release-0\.2\.0\/zmq-tap-0\.2\.0\.tgz\n/);
  assert.equal(git("status", "--porcelain"), "");
  assert.equal(git("log", "-1", "--format=%s"), "Release 0.2.0");
  assert.deepEqual(git("show", "--format=", "--name-only", "HEAD").split("\n"), [
    "CHANGELOG.md",
    "package-lock.json",
    "package.json",
  ]);
  assert.match(
    git("tag", "--list", "v0.2.0", "--format=%(contents)"),
    /^0\.2\.0\n\n## 0\.2\.0 \(.*\)\n\n### Taps\n- Some/,
  );
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  assert.match(read("CHANGELOG.md"), /^# Changelog\n\n## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n### Taps\n/);
  assert.equal((JSON.parse(read("package.json")) as { version: string }).version, "0.2.0");
  const sums = read("out/release-0.2.0/SHA256SUMS").trimEnd().split("\n");
  assert.equal(sums.length, 10);
  for (const line of sums) {
    const [sum, name] = line.split("  ") as [string, string];
    const content = readFileSync(join(folder, "out/release-0.2.0", name));
    assert.equal(createHash("sha256").update(content).digest("hex"), sum);
    assert.match(content.toString(), / 0\.2\.0$/);
  }
  assert.deepEqual(readdirSync(join(folder, "out/release-0.2.0")).length, 11);
  // A second release of the same version, or one without anything new, is refused.
  assert.match(release("0.2.0").stderr, /released already/);
  assert.match(release("0.3.0").stderr, /says nothing/);
});

test("--dry-run checks, and says what would be released, and changes nothing", (t) => {
  const { folder, git, release } = clone(t);
  const head = git("rev-parse", "HEAD");
  const { code, stdout } = release("0.2.0", "--dry-run");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /## 0\.2\.0 \(.*\)\n\n### Taps\n- Something new\.\n[^]*zmq-tap-linux-x64-0\.2\.0\.vsix[^]*zmq-tap-0\.2\.0\.vsix/,
  );
  assert.deepEqual([git("rev-parse", "HEAD"), git("status", "--porcelain"), git("tag", "--list")], [head, "", ""]);
  assert.ok(!existsSync(join(folder, "out")));
});

test("A release is refused with a dirty tree, without a version, and when the check fails", (t) => {
  const { folder, release } = clone(t);
  assert.match(release().stderr, /^Usage: npm run release/);
  assert.match(release("0.2").stderr, /is no version/);
  writeFileSync(join(folder, "check-fails"), "");
  const failed = release("0.2.0");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^Nothing was released, since `npm run check` failed\.\n[^]*this is check/);
  rmSync(join(folder, "check-fails"));
  writeFileSync(join(folder, "new.txt"), "");
  assert.match(release("0.2.0").stderr, /not committed[^]*new\.txt/);
});

test("When packing fails, all files are as they were", (t) => {
  const { folder, git, release } = clone(t);
  const head = git("rev-parse", "HEAD");
  writeFileSync(join(folder, "package-fails"), "");
  const failed = release("0.2.0");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /`npm run package` failed/);
  assert.deepEqual([git("rev-parse", "HEAD"), git("status", "--porcelain"), git("tag", "--list")], [head, "", ""]);
  assert.ok(!existsSync(join(folder, "out", "release-0.2.0")));
});

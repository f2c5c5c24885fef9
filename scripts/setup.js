// Installs what `npm start` and `npm test` need before they can run. Plain JavaScript without dependencies, since it runs
// on the user's own Node (18 or later) when nothing is installed yet. Does nothing, quickly, when all is there.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Every package takes this Node and later ones. */
const NODE_OF_ALL_PACKAGES = 22;

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the tests need of the system: the Debian package, and how to see that it is there. */
const SYSTEM_PACKAGES = [
  { name: "python3-zmq", purpose: "Python with pyzmq, for the test peers", isThere: () => hasPythonWith("zmq") },
  {
    name: "python3-msgpack",
    purpose: "msgpack for Python, for the test peers",
    isThere: () => hasPythonWith("zmq, msgpack"),
  },
  { name: "python3-ipykernel", purpose: "a Jupyter kernel, for the tests", isThere: () => hasPythonWith("ipykernel") },
  {
    name: "python3-jupyter-client",
    purpose: "a Jupyter client, for the tests",
    isThere: () => hasPythonWith("ipykernel, jupyter_client"),
  },
  { name: "chromium", purpose: "Chromium, for the tests in a browser", isThere: () => onPath(CHROMIUM_NAMES) },
  { name: "tshark", purpose: "tshark, to check capture files", isThere: () => onPath(["tshark"]) },
  { name: "zsh", purpose: "zsh, to check completion", isThere: () => onPath(["zsh"]) },
  { name: "fish", purpose: "fish, to check completion", isThere: () => onPath(["fish"]) },
  { name: "groff-base", purpose: "groff, to check the manual page", isThere: () => onPath(["groff"]) },
  { name: "faketime", purpose: "faketime, to set the clock of test programs", isThere: () => onPath(["faketime"]) },
];

// The same names as in scripts/vscode/browser.ts, which this file cannot import.
const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function say(text) {
  process.stdout.write(`setup: ${text}\n`);
}

function stop(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}

function onPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.some((name) => folders.some((folder) => existsSync(join(folder, name))));
}

/** Whether one of the Pythons that tests take has all of these modules. */
function hasPythonWith(modules) {
  const candidates = [process.env.ZMQ_TAP_PYTHON, "python3", "/usr/bin/python3"];
  return candidates.some(
    (python) => python && spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0,
  );
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function installNpmPackages() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const isCurrent =
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
  if (isCurrent) return;
  say("installing the npm packages (about half a minute, 600 MB)…");
  if (!npm(process.execPath, "ci")) stop("`npm ci` failed; its message stands above.");
  // npm leaves out optional packages that its own Node is too old for; everything runs on the Node that is there now.
  const ownNode = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (major < NODE_OF_ALL_PACKAGES && !npm(ownNode, "install", "--no-save")) {
    rmSync(installed, { force: true });
    stop("`npm install` failed; its message stands above.");
  }
}

/** Runs npm on a Node, and returns whether it succeeded. */
function npm(node, ...args) {
  const env = { ...process.env, PATH: dirname(node) + delimiter + (process.env.PATH ?? ""), NODE_NO_WARNINGS: "1" };
  const options = { cwd: root, stdio: "inherit", env };
  const all = [...args, "--no-audit", "--no-fund", "--loglevel=error"];
  const cli = process.env.npm_execpath;
  const { status } = cli
    ? spawnSync(node, [cli, ...all], options)
    : spawnSync("npm", all, { ...options, shell: process.platform === "win32" });
  return status === 0;
}

function installSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const isRoot = process.getuid?.() === 0;
  if (!onPath(["apt-get"]) || !(isRoot || succeeds("sudo", ["-n", "true"]))) {
    const wanted = missing.map(({ name, purpose }) => `  ${purpose} (Debian and Ubuntu: ${name})`).join("\n");
    stop(
      `these are missing, and this script may not install them:\n${wanted}\n` +
        `With apt: sudo apt-get install --no-install-recommends ${names.join(" ")}\nA Python with pyzmq can also be named in ZMQ_TAP_PYTHON.`,
    );
  }
  say(`installing ${names.join(", ")} with apt…`);
  const apt = (...args) => {
    const command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args];
    if (!isRoot) command.unshift("sudo", "-n");
    return spawnSync(command[0], command.slice(1), { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  };
  const install = () => apt("install", "-y", "--no-install-recommends", ...names);
  // Package lists that are missing or old make the first attempt fail.
  if (!install() && !(apt("update") && install())) stop(`apt could not install ${names.join(", ")}.`);
  const still = missing.filter(({ isThere }) => !isThere()).map(({ purpose }) => purpose);
  if (still.length > 0) stop(`still missing after the installation: ${still.join("; ")}.`);
}

const [major] = process.versions.node.split(".").map(Number);
if (major < 18) stop(`Node 18 or later is needed; this is ${process.version}. See https://nodejs.org.`);
const mode = process.argv[2];
if (mode !== "start" && mode !== "test") stop("usage: node scripts/setup.js start|test");
installNpmPackages();
if (mode === "test") installSystemPackages();

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { format } from "node:util";
import { launchBrowser } from "./browser.ts";
import type { VsCode } from "./install.ts";
import { makeProfile } from "./profile.ts";
import { installVsix, startServer } from "./server.ts";

/** What the suite writes into the file that ZMQ_TAP_RESULTS names. */
export type SuiteResults = {
  readonly passed: number;
  readonly failed: number;
  readonly tests: readonly { readonly title: string; readonly error: string | null }[];
};

const LIMIT_MS = 240_000;

/**
 * Runs a CommonJS suite (its `run()`) inside the extension host of a throwaway VS Code in which a VSIX is installed, with
 * `env` besides what the suite always gets. Throws when the suite ends without results.
 */
export async function runSuite(
  vsCode: VsCode,
  vsix: string,
  suite: string,
  env: Readonly<Record<string, string>> = {},
): Promise<SuiteResults> {
  const profile = await makeProfile();
  try {
    await installVsix(vsCode, profile, vsix);
    const results = join(profile.folder, "results.json");
    const server = await startServer(vsCode, profile, {
      env: { ...env, ZMQ_TAP_RESULTS: results, ZMQ_TAP_TEST_ROOT: resolve(".") },
    });
    const browser = await launchBrowser(profile);
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.addInitScript(obeyPayload);
      const lines: string[] = [];
      await page.exposeFunction("codeAutomationLog", (_kind: string, args: unknown[]) => {
        lines.push(format(...args));
      });
      const ended = new Promise<void>((resolveEnd) => {
        void page.exposeFunction("codeAutomationExit", () => resolveEnd());
      });
      // VS Code takes no suite without an extension under development, so it gets one that does nothing.
      const stub = join(profile.folder, "stub");
      await mkdir(stub);
      await writeFile(
        join(stub, "package.json"),
        JSON.stringify({ name: "stub", publisher: "zmq-tap-test", version: "0.0.1", engines: { vscode: "*" } }),
      );
      const remote = (path: string): string => `vscode-remote://${server.host}${path}`;
      const payload = JSON.stringify([
        ["extensionDevelopmentPath", remote(stub)],
        ["extensionTestsPath", remote(resolve(suite))],
        ["skipWelcome", "true"],
        ["skipReleaseNotes", "true"],
      ]);
      await page.goto(`${server.urlOf(profile.workspace)}&payload=${encodeURIComponent(payload)}`);
      await Promise.race([ended, page.waitForTimeout(LIMIT_MS)]);
      const text = await readFile(results, "utf8").catch(() => undefined);
      if (text === undefined) {
        throw new Error(
          `The suite in VS Code ended without results.\n${lines.slice(-20).join("\n")}\n${server.log().slice(-2000)}`,
        );
      }
      return JSON.parse(text) as SuiteResults;
    } finally {
      await browser.close();
      await server.stop();
    }
  } finally {
    await profile.remove();
  }
}

/**
 * Makes a built workbench take the extension and the suite that its address names; runs in the page before the workbench
 * reads its configuration. It then also swallows notifications and answers its own dialogs, so what asks the user is tested
 * without this. (The server's own flag for it is refused by the code-server of the oldest edition.)
 */
function obeyPayload(): void {
  const original = Object.getOwnPropertyDescriptor(Element.prototype, "getAttribute")?.value as typeof getAttribute;
  function getAttribute(this: Element, name: string): string | null {
    const value = original.call(this, name);
    if (this.id !== "vscode-workbench-web-configuration" || value === null || name !== "data-settings") return value;
    const settings = JSON.parse(value) as { developmentOptions?: object };
    const developmentOptions = { ...settings.developmentOptions, enableSmokeTestDriver: true };
    return JSON.stringify({ ...settings, developmentOptions });
  }
  Element.prototype.getAttribute = getAttribute;
}

import { launchBrowser } from "./vscode/browser.ts";
import { installVsCode } from "./vscode/install.ts";
import { makeProfile } from "./vscode/profile.ts";
import { installVsix, startServer } from "./vscode/server.ts";
import { Workbench } from "./vscode/workbench.ts";
import { runScript } from "./tasks/entry.ts";
import { pack } from "./tasks/pack.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";

const STARTS = 5;

/**
 * Packs the extension, starts a window with it five times, and prints one JSON line: the VSIX's size and what VS Code's
 * *Running Extensions* says of the activation (loading of our code and `activate()`). For `npm run bench`.
 */
async function main(): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const vsCode = await installVsCode("current", say);
  const { file, sizeBytes } = await pack(currentTarget());
  const activationMs: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const profile = await makeProfile();
    try {
      await installVsix(vsCode, profile, file);
      const server = await startServer(vsCode, profile);
      const browser = await launchBrowser(profile);
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
        const workbench = await Workbench.open(page, server.urlOf(profile.workspace));
        await workbench.run("Developer: Show Running Extensions");
        const row = page.locator(".runtime-extensions-editor .extension", { hasText: "ZMQ Tap" });
        const time = row.locator(".activation-time", { hasText: /\d+\s*ms/ });
        await time.waitFor();
        activationMs.push(Number(/(\d+)\s*ms/.exec((await time.textContent()) ?? "")?.[1]));
      } finally {
        await browser.close();
        await server.stop();
      }
    } finally {
      await profile.remove();
    }
  }
  process.stdout.write(`${JSON.stringify({ vsixBytes: sizeBytes, activationMs })}\n`);
}

await runScript(main);

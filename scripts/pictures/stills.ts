import type { FrameLocator } from "playwright-core";
import { still } from "./film.ts";
import { choose, inspector, openProduct, rows, showAll, showTab, sideBarLog } from "./product.ts";

const SIZE = { width: 1360, height: 760 };
/** How long the demo runs before its pictures have something to show. */
const MESSAGES = 150;

/** Takes the pictures of the documentation that the demo can show, in the product. */
export async function takeStills(vsix: string): Promise<void> {
  const product = await openProduct(vsix, SIZE);
  const { workbench, page } = product;
  const take = async (name: string): Promise<void> => {
    const file = `docs/${name}.png`;
    await still(page, file);
    console.log(file);
  };
  try {
    await workbench.openContainer("ZMQ Tap");
    const log = await sideBarLog(product);
    await log.locator("#empty-demo").click();
    const panel = await inspector(product);
    await rows(panel, "slow_add").first().waitFor();
    await waitForRows(panel, MESSAGES);

    await choose(panel, /"method":"slow_add"/);
    await panel.locator(".detail-body", { hasText: "jsonrpc" }).waitFor();
    await take("inspector-dark");
    await page.keyboard.press("/");
    await page.keyboard.type("method == ");
    await panel.locator("#filter-choices").waitFor();
    await take("pictures/filter-dark");
    await page.keyboard.press("Escape");
    await showAll(panel);
    for (const tab of ["overview", "sequence", "topology"]) {
      await showTab(panel, tab);
      await panel
        .locator(tab === "overview" ? ".tap-charts canvas" : `#${tab}-panel svg`)
        .first()
        .waitFor();
      await take(`pictures/${tab}-dark`);
    }
    await workbench.useTheme("light");
    await showTab(panel, "latency");
    await panel.locator("tr[data-method]").first().waitFor();
    await take("pictures/latency-light");
    await showTab(panel, "topics");
    await panel.locator(".topic-row").first().waitFor();
    await take("pictures/topics-light");
    await showTab(panel, "messages");

    await workbench.run("ZMQ Tap: Export Capture");
    await workbench.awaitQuestion("Which rows?");
    await page.keyboard.press("Enter");
    await workbench.awaitQuestion("Export as");
    await page.keyboard.press("Enter");
    await workbench.takeOfferedFile("Export Capture");
    await workbench.notification("Exported");
    await page.locator(".notification-toast .monaco-button", { hasText: "Open" }).first().click();
    const opened = await workbench.webview("#file-line");
    await opened.locator("#filter").fill("status == error");
    await opened.locator("#filter").press("Enter");
    await rows(opened, "divide").first().click();
    await opened.locator(".detail-body", { hasText: "jsonrpc" }).waitFor();
    await take("pictures/capture-light");
  } catch (error) {
    await workbench.screenshot("out/film/failed.png");
    throw error;
  } finally {
    await product.close();
  }
}

async function waitForRows(panel: FrameLocator, count: number): Promise<void> {
  await panel.locator(`[role="grid"]`).first().waitFor();
  const deadline = Date.now() + 180_000;
  for (;;) {
    const rowCount = Number(await panel.locator('[role="grid"]').first().getAttribute("aria-rowcount"));
    if (rowCount >= count) return;
    if (Date.now() > deadline) throw new Error(`The demo said too little: ${rowCount} rows.`);
    await panel.locator("body").page().waitForTimeout(500);
  }
}

import { Film } from "./film.ts";
import { choose, inspector, openProduct, rows, showAll, showTab, sideBarLog } from "./product.ts";

/** Small enough to be read where a README is shown, large enough for log and details side by side. */
const SIZE = { width: 1280, height: 700 };

/** Films the way of a newcomer, from the empty view to a replay, in the product with its demo. */
export async function filmTour(vsix: string, path: string): Promise<void> {
  const product = await openProduct(vsix, SIZE);
  const { workbench, page } = product;
  try {
    const film = await Film.start(page, "out/film");
    await workbench.openContainer("ZMQ Tap");
    const log = await sideBarLog(product);
    await log.locator("#empty-no-taps").waitFor();
    await film.say("A demo starts three small ZeroMQ systems");
    await film.shot(1400);
    const start = log.locator("#empty-demo");
    await film.point(start, 700);
    await start.click();
    await film.say("Each server has a tap, and every message is a row");
    await rows(log, "slow_add").first().waitFor();
    await film.shot(1600);
    const panel = await inspector(product);
    await rows(panel, "42").first().waitFor();
    await film.say("The inspector: requests find their replies");
    await film.shot(1600);
    await film.say("Read a message: its frames are decoded");
    const call = await choose(panel, /"method":"slow_add"/);
    await panel.locator(".detail-body", { hasText: "jsonrpc" }).waitFor();
    await film.point(call, 2400);
    await film.say("Filter, with completion");
    await page.keyboard.press("/");
    for (const part of ["status == ", "error"]) {
      await page.keyboard.type(part);
      await panel.locator("#filter-choices", { hasText: "error" }).waitFor();
      await film.shot(900);
    }
    await page.keyboard.press("Enter");
    await rows(panel, "echo").first().waitFor({ state: "detached" });
    await rows(panel, "divide").first().waitFor();
    await film.shot(2000);
    await showAll(panel);
    await film.say("R sends a request again");
    await film.point(await choose(panel, /"method":"slow_add"/), 900);
    await page.keyboard.press("r");
    await workbench.statusBarItem(/answer/i);
    await page.keyboard.press("End");
    await panel.locator(".row .badge", { hasText: "replay" }).first().waitFor();
    await film.shot(2000);
    await film.say("And the whole of it in pictures");
    for (const tab of ["sequence", "topology"]) {
      await showTab(panel, tab);
      await panel.locator(`#${tab}-panel svg`).first().waitFor();
      await film.shot(1800);
    }
    const bytes = await film.save(path);
    console.log(`${path}: ${(bytes / 1e6).toFixed(2)} MB`);
  } catch (error) {
    await workbench.screenshot("out/film/failed.png");
    throw error;
  } finally {
    await product.close();
  }
}

import type { FrameLocator, Locator } from "playwright-core";
import { assertNone, pageOf } from "./accessibility.ts";
import { openScene, type Scene } from "./scene.ts";
import { inspector, rows, type Session, sideBarLog } from "./session.ts";

/** Something that a view shows, and how to come there from anywhere. */
type Screen = { readonly name: string; readonly open: () => Promise<FrameLocator> };

/** All that a window of three taps can show. */
export type Screens = {
  readonly session: Session;
  readonly log: FrameLocator;
  readonly panel: FrameLocator;
  /** Before anything was said. */
  readonly empty: readonly Screen[];
  /** When the programs have talked. */
  readonly talking: readonly Screen[];
  readonly sideBar: Screen;
  /** Lets the programs talk, until something is found. */
  talk(): Promise<void>;
  /** Judges each screen and keeps a picture of it, named after `what`. Fails with all that is wrong. */
  judge(screens: readonly Screen[], what: string, check: (view: FrameLocator) => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

/** Opens the window with both views; the caller closes it. */
export async function openScreens(): Promise<Screens> {
  const scene = await openScene();
  try {
    const log = await sideBarLog(scene.session);
    const panel = await inspector(scene.session);
    await panel.locator("#empty-no-rows", { hasText: scene.listen.market }).waitFor();
    return screensOf(scene, log, panel);
  } catch (error) {
    await scene.close();
    throw error;
  }
}

function screensOf(scene: Scene, log: FrameLocator, panel: FrameLocator): Screens {
  const { session } = scene;
  async function show(tab: string): Promise<Locator> {
    await panel.locator(`#tab-${tab}`).click();
    await panel.locator(`#tab-${tab}[aria-selected="true"]`).waitFor();
    return panel.locator(`#${tab}-panel`);
  }

  async function filter(text: string): Promise<void> {
    await show("messages");
    await panel.locator("#filter").fill(text);
    await panel.locator("#filter").press("Enter");
  }

  /** Chooses the first row with this text, whose details are then shown. */
  async function choose(text: string): Promise<void> {
    await filter(text);
    await rows(panel, text).first().click();
    await panel.locator("#detail-title").waitFor();
  }

  /** A screen of the inspector. */
  const screen = (name: string, open: () => Promise<unknown>): Screen => ({
    name,
    open: async () => {
      await open();
      return panel;
    },
  });

  /** A tab as it is when it is chosen, once it shows what `ready` selects. */
  const tabScreen = (tab: string, ready: string): Screen =>
    screen(tab, async () => {
      await (await show(tab)).locator(ready).first().waitFor();
    });

  const sideBar: Screen = { name: "side bar", open: () => Promise.resolve(log) };

  const empty: readonly Screen[] = [
    sideBar,
    tabScreen("messages", "#empty-no-rows"),
    tabScreen("call", "#call-form"),
    tabScreen("overview", ".picture-empty"),
    tabScreen("latency", ".picture-empty"),
    tabScreen("sequence", ".picture-empty"),
    tabScreen("topology", "svg, .picture-empty"),
    tabScreen("topics", ".picture-empty"),
    tabScreen("links", ".fidelity"),
  ];

  const talking: readonly Screen[] = [
    sideBar,
    screen("all messages", async () => {
      await filter("");
      await panel.locator("#message-list .list-viewport").press("End");
      await panel.locator(".row:not([hidden]):not(.loading) .cell-time").nth(2).click();
    }),
    screen("message", async () => {
      await choose("alice");
      await panel.locator("zmq-value-tree", { hasText: "currency" }).waitFor();
    }),
    screen("error", async () => {
      await choose("orders.cancel");
      await panel.locator("#says", { hasText: "orders.cancel" }).waitFor();
    }),
    screen("huge message", async () => {
      await filter("size > 200KB");
      await rows(panel, "ZZZ").first().click();
      await panel.locator(".frame-value .value-text, .frame-value zmq-hex-view").first().waitFor();
    }),
    screen("no hits", async () => {
      await filter("nothing-of-this-kind");
      await panel.locator("#empty-filter").waitFor();
    }),
    screen("filter error", async () => {
      await filter("");
      await panel.locator("#filter").fill("siez > 10");
      await panel.locator("#filter-error").waitFor();
    }),
    screen("columns", async () => {
      await filter("");
      await panel.locator("#columns-button").click();
      await panel.locator("#column-chooser vscode-checkbox").first().waitFor();
    }),
    screen("keys", async () => {
      await show("messages");
      await panel.locator("#keys-button").click();
      await panel.locator("#key-help").waitFor();
    }),
    tabScreen("overview", "canvas"),
    screen("overview as tables", async () => {
      const overview = await show("overview");
      await overview.locator(".marks-list summary").click();
      await overview.locator(".table-toggle").first().click();
      await overview.locator(".tap-charts tbody tr").first().waitFor();
    }),
    tabScreen("latency", "tr[data-method]"),
    screen("latency as table", async () => {
      const latency = await show("latency");
      await latency.locator(".table-toggle").click();
      await latency.locator(".latency-histogram tbody tr").first().waitFor();
    }),
    tabScreen("sequence", '[role="option"]'),
    tabScreen("topology", "svg .topology-frame"),
    screen("topology as table", async () => {
      const topology = await show("topology");
      await topology.locator(".table-toggle").click();
      await topology.locator("tbody tr").first().waitFor();
    }),
    screen("topics", async () => {
      const topics = await show("topics");
      await topics.locator('.topic-row[data-topic="md."] .topic-twistie').click();
      await topics.locator(".topic-row").nth(2).waitFor();
    }),
    tabScreen("links", ".link-row"),
    screen("call", async () => {
      await show("call");
      await panel.locator("#call-bytes-toggle").click();
      await panel.locator("#call-repeat-toggle").click();
      await panel.locator("#call-send").waitFor();
    }),
    screen("banners", async () => {
      await show("messages");
      await say({
        problem: "The engine did not answer in time. Try again; if that does not help, reload the window.",
        lost: "The window was reloaded, and 1,204 messages were discarded.",
        interventions: '1 intervention is changing traffic on "echo"',
      });
      await panel.locator("#banner-problem").waitFor();
    }),
  ];

  /** Lets the inspector say what it says only when something has gone wrong. */
  async function say(what: Readonly<Record<string, string | null>>): Promise<void> {
    const frame = await pageOf(panel);
    await frame.evaluate((parts) => Object.assign(document.querySelector("zmq-tap-app")!, parts), what);
  }

  /** What a screen may have left open. */
  async function tidyUp(): Promise<void> {
    await say({ problem: null, lost: null, interventions: "" });
    for (const pressed of await panel.locator('.table-toggle[aria-pressed="true"]').all()) {
      if (await pressed.isVisible()) await pressed.click();
    }
    for (const open of ["#call-bytes-toggle", "#call-repeat-toggle"]) {
      const button = panel.locator(`${open}[aria-expanded="true"], ${open}[aria-pressed="true"]`);
      if (await button.isVisible()) await button.click();
    }
    const keys = panel.locator("#key-help .icon-button");
    if (await keys.isVisible()) await keys.click();
    const marks = panel.locator(".marks-list[open] summary");
    if (await marks.isVisible()) await marks.click();
  }

  /** Judges every screen, and tells of all that fail. */
  async function judge(
    screens: readonly Screen[],
    what: string,
    check: (view: FrameLocator) => Promise<void>,
  ): Promise<void> {
    const faults: string[] = [];
    for (const { name, open } of screens) {
      const view = await open();
      await session.workbench.screenshot(
        `out/screenshots/screen-${name.replaceAll(" ", "-")}-${what.replaceAll(" ", "-")}.png`,
      );
      await check(view).catch((error: unknown) =>
        faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`),
      );
      await tidyUp();
    }
    assertNone(faults);
  }

  return {
    session,
    log,
    panel,
    empty,
    talking,
    sideBar,
    talk: async () => {
      await scene.talk();
      await show("messages");
      await rows(panel, "orders.wait").first().waitFor();
      await session.workbench.statusBarItem(/finding/);
    },
    judge,
    close: () => scene.close(),
  };
}

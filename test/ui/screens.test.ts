import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { assertAccessible, assertNone, pageOf, THEME_RULES } from "./support/accessibility.ts";
import { assertFits, assertFocusShown } from "./support/layout.ts";
import { openScene, type Scene } from "./support/scene.ts";
import { inspector, keepEvidence, rows, type Session, sideBarLog } from "./support/session.ts";

const THEMES: readonly ThemeName[] = ["dark", "light", "high contrast", "high contrast light"];
const SIZE = { width: 1440, height: 900 };
const SIDE_BAR_PX = 300;
const ACTIVITY_BAR_PX = 48;
/** A panel of 1280 px and a window of 900 px at 200 %, in the pixels of the page. */
const ZOOMED = { width: ACTIVITY_BAR_PX + SIDE_BAR_PX + 640, height: 450 };
const WIDE = { width: 2560, height: 1300 };
const NARROW_SIDE_BAR_PX = 200;

/** Something that a view shows, and how to come there from anywhere. */
type Screen = { readonly name: string; readonly open: () => Promise<FrameLocator> };

let scene: Scene;
let session: Session;
let log: FrameLocator;
let panel: FrameLocator;

before(async () => {
  scene = await openScene();
  ({ session } = scene);
  log = await sideBarLog(session);
  panel = await inspector(session);
  await panel.locator("#empty-no-rows", { hasText: scene.listen.market }).waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(() => scene.close());

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

const EMPTY: readonly Screen[] = [
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

const SCREENS: readonly Screen[] = [
  sideBar,
  screen("all messages", async () => {
    await filter("");
    await panel.locator("#message-list .list-viewport").press("End");
    await rows(panel, "orders.wait").first().click();
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

for (const theme of THEMES) {
  test(`Before anything was said, no screen has a serious accessibility fault in the theme ${theme}`, async () => {
    await session.workbench.useTheme(theme);
    await judge(EMPTY, `empty ${theme}`, (view) => assertAccessible(view, theme === "dark" ? undefined : THEME_RULES));
  });
}

test("The programs talk, and something is found", async () => {
  await session.workbench.useTheme("dark");
  await scene.talk();
  await show("messages");
  await rows(panel, "orders.wait").first().waitFor();
  await session.workbench.statusBarItem(/finding/);
});

for (const theme of THEMES) {
  test(`No screen has a serious accessibility fault in the theme ${theme}`, async () => {
    await session.workbench.useTheme(theme);
    await judge(SCREENS, theme, (view) => assertAccessible(view, theme === "dark" ? undefined : THEME_RULES));
  });
}

test("Whatever the keyboard comes to shows that it is there", async () => {
  await session.workbench.useTheme("dark");
  await judge(SCREENS, "focus", async (view) => {
    await view.locator("body").press("Shift");
    await assertFocusShown(view);
  });
});

test("At 200 % nothing is cut off and nothing lies on something else", async () => {
  await session.page.setViewportSize(ZOOMED);
  await judge(SCREENS, "zoomed", assertFits);
});

test("On a wide screen, and in a narrow side bar, too", async () => {
  await session.page.setViewportSize(WIDE);
  await judge(SCREENS, "wide", assertFits);
  await session.page.setViewportSize(SIZE);
  await narrowSideBar();
  await judge([sideBar], "narrow", assertFits);
});

/** Drags the edge of the side bar. */
async function narrowSideBar(): Promise<void> {
  const { page } = session;
  const box = (await page.locator(".part.sidebar").boundingBox())!;
  await page.mouse.move(box.x + box.width, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + NARROW_SIDE_BAR_PX, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
}

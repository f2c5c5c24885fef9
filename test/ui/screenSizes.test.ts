import { after, afterEach, before, test } from "node:test";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { assertAccessible, THEME_RULES } from "./support/accessibility.ts";
import { assertFits, assertFocusShown } from "./support/layout.ts";
import { openScreens, type Screens } from "./support/screens.ts";
import { keepEvidence } from "./support/session.ts";

const THEMES: readonly ThemeName[] = ["high contrast light", "high contrast", "light", "dark"];
const SIZE = { width: 1440, height: 900 };
const SIDE_BAR_PX = 300;
const ACTIVITY_BAR_PX = 48;
/** A panel of 1280 px and a window of 900 px at 200 %, in the pixels of the page. */
const ZOOMED = { width: ACTIVITY_BAR_PX + SIDE_BAR_PX + 640, height: 450 };
const WIDE = { width: 2560, height: 1300 };
const NARROW_SIDE_BAR_PX = 200;

let screens: Screens;

before(async () => {
  screens = await openScreens();
});

afterEach((context) => keepEvidence(screens.session, context));

after(() => screens.close());

for (const theme of THEMES) {
  test(`Before anything was said, no screen has a serious accessibility fault in the theme ${theme}`, async () => {
    await screens.session.workbench.useTheme(theme);
    const rules = theme === "dark" ? undefined : THEME_RULES;
    await screens.judge(screens.empty, `empty ${theme}`, (view) => assertAccessible(view, rules));
  });
}

test("Whatever the keyboard comes to shows that it is there", async () => {
  await screens.talk();
  await screens.judge(screens.talking, "focus", async (view) => {
    await view.locator("body").press("Shift");
    await assertFocusShown(view);
  });
});

test("At 200 % nothing is cut off and nothing lies on something else", async () => {
  await screens.session.page.setViewportSize(ZOOMED);
  await screens.judge(screens.talking, "zoomed", assertFits);
});

test("On a wide screen, and in a narrow side bar, too", async () => {
  const { page } = screens.session;
  await page.setViewportSize(WIDE);
  await screens.judge(screens.talking, "wide", assertFits);
  await page.setViewportSize(SIZE);
  const box = (await page.locator(".part.sidebar").boundingBox())!;
  await page.mouse.move(box.x + box.width, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + NARROW_SIDE_BAR_PX, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await screens.judge([screens.sideBar], "narrow", assertFits);
});

test("With forced colours, what is chosen has an edge", async () => {
  const { page } = screens.session;
  await page.emulateMedia({ forcedColors: "active" });
  await screens.judge(screens.talking.slice(1, 4), "forced colours", async (view) => {
    await view
      .locator(".row.selected")
      .first()
      .evaluate((row) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(row);
        if (outlineStyle === "none" || outlineWidth === "0px") throw new Error("The selected row has no edge.");
      });
  });
  await page.emulateMedia({ forcedColors: null });
});

import { after, afterEach, before, test } from "node:test";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { assertAccessible, THEME_RULES } from "./support/accessibility.ts";
import { openScreens, type Screens } from "./support/screens.ts";
import { keepEvidence } from "./support/session.ts";

const THEMES: readonly ThemeName[] = ["dark", "light", "high contrast", "high contrast light"];

let screens: Screens;

before(async () => {
  screens = await openScreens();
  await screens.talk();
});

afterEach((context) => keepEvidence(screens.session, context));

after(() => screens.close());

for (const theme of THEMES) {
  test(`No screen has a serious accessibility fault in the theme ${theme}`, async () => {
    await screens.session.workbench.useTheme(theme);
    const rules = theme === "dark" ? undefined : THEME_RULES;
    await screens.judge(screens.talking, theme, (view) => assertAccessible(view, rules));
  });
}

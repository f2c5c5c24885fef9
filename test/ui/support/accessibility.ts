import assert from "node:assert/strict";
import axe from "axe-core";
import type { Frame, FrameLocator } from "playwright-core";

/** Rules that a theme may break; what all others judge is the same in every theme. */
export const THEME_RULES = ["color-contrast", "link-in-text-block"] as const;

/** The page that a view shows, to evaluate in. */
export async function pageOf(view: FrameLocator): Promise<Frame> {
  const body = await view.locator("body").elementHandle();
  return (await body.ownerFrame())!;
}

/** Fails with all that was found. */
export function assertNone(found: readonly string[]): void {
  if (found.length > 0) assert.fail(`\n${found.join("\n")}`);
}

/** Fails when a view's page has a serious accessibility fault as it stands. With `rules` only these are looked at. */
export async function assertAccessible(view: FrameLocator, rules?: readonly string[]): Promise<void> {
  const frame = await pageOf(view);
  if (!(await frame.evaluate(() => "axe" in globalThis))) await frame.evaluate(axe.source);
  const found = await frame.evaluate(async (only) => {
    type Fault = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] };
    type Axe = { run(options: object): Promise<{ violations: Fault[] }> };
    const options = { resultTypes: ["violations"], ...(only === null ? {} : { runOnly: only }) };
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(options);
    const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return bad.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
    );
  }, rules ?? null);
  assertNone(found);
}

import assert from "node:assert/strict";
import axe from "axe-core";
import type { FrameLocator } from "playwright-core";

/** Fails when a view's page has a serious accessibility fault as it stands. */
export async function assertAccessible(view: FrameLocator): Promise<void> {
  const body = await view.locator("body").elementHandle();
  const frame = (await body.ownerFrame())!;
  await frame.evaluate(axe.source);
  const found = await frame.evaluate(async () => {
    type Fault = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] };
    type Axe = { run(): Promise<{ violations: Fault[] }> };
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return bad.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
    );
  });
  assert.deepEqual(found, []);
}

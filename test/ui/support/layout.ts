import type { FrameLocator } from "playwright-core";
import { assertNone, pageOf } from "./accessibility.ts";

/** What can be pressed, typed into or walked to. */
const CONTROLS =
  'button, input, select, textarea, summary, a[href], [role="tab"], [role="button"], [tabindex="0"], vscode-button, vscode-single-select, vscode-textfield, vscode-textarea, vscode-checkbox';

/**
 * Fails when something of a view's page is not to be had at its size: a control that is cut off or lies below another one, words
 * that are cut without being told in a tooltip, or a page wider than its view. Rows of the list are left out: they have their
 * details.
 */
export async function assertFits(view: FrameLocator): Promise<void> {
  const frame = await pageOf(view);
  const faults = await frame.evaluate((controls) => {
    const found: string[] = [];
    const nameOf = (element: Element): string => {
      const name = element.getAttribute("aria-label") ?? element.textContent.replaceAll(/\s+/g, " ").trim();
      return `${element.localName}${element.id === "" ? "" : `#${element.id}`}.${element.getAttribute("class") ?? ""} "${name.slice(0, 60)}"`;
    };
    const isShown = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true }) &&
      element.closest(".visually-hidden, [aria-hidden='true'], .row") === null &&
      element.getBoundingClientRect().width > 0;
    const parentOf = (node: Node): Node | null => node.parentNode ?? (node instanceof ShadowRoot ? node.host : null);
    const holds = (outer: Node, inner: Node | null): boolean => {
      for (let node = inner; node !== null; node = parentOf(node)) if (node === outer) return true;
      return false;
    };
    const canScroll = (element: Element, axis: "X" | "Y"): boolean => {
      for (let each = element.parentElement; each !== null; each = each.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(each)[`overflow${axis}`])) return true;
      }
      return false;
    };
    /** How high the stretch is that an element can be scrolled into. */
    const roomOf = (element: Element): number => {
      for (let each = element.parentElement; each !== null; each = each.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(each).overflowY)) return Math.min(innerHeight, each.clientHeight);
      }
      return innerHeight;
    };
    const before = document.activeElement;
    // Only what it holds is to be had while a dialog or a menu is open.
    const stage: ParentNode = document.querySelector("dialog[open], [popover]:popover-open") ?? document;
    const places = [...document.querySelectorAll("*")].map(
      (element) => [element, element.scrollTop, element.scrollLeft] as const,
    );
    for (const element of stage.querySelectorAll(controls)) {
      if (!isShown(element)) continue;
      element.scrollIntoView({ block: "nearest", inline: "nearest" });
      const box = element.getBoundingClientRect();
      const isWide = box.width > innerWidth && canScroll(element, "X");
      if (!isWide && (box.left < -1 || box.right > innerWidth + 1)) found.push(`cut off at a side: ${nameOf(element)}`);
      if (box.height <= roomOf(element) && (box.top < -1 || box.bottom > innerHeight + 1))
        found.push(`cut off above or below: ${nameOf(element)}`);
      // Large ones are frames of others, which stand on them.
      if (box.width > 400 || box.height > 120 || element.matches(".splitter, .drawing *")) continue;
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      let top = document.elementFromPoint(x, y);
      while (top?.shadowRoot?.elementFromPoint(x, y) != null && top.shadowRoot.elementFromPoint(x, y) !== top)
        top = top.shadowRoot.elementFromPoint(x, y);
      if (top !== null && !holds(element, top) && !holds(top, element)) {
        found.push(`covered by ${nameOf(top)}: ${nameOf(element)}`);
      } else if (top !== null && top !== element && holds(top, element) && !/^(label|summary)$/.test(top.localName)) {
        found.push(`cut away inside ${nameOf(top)}: ${nameOf(element)}`);
      }
    }
    for (const element of stage.querySelectorAll<HTMLElement>("*")) {
      if (!isShown(element) || element.scrollWidth <= element.clientWidth + 1 || element.matches("input, textarea"))
        continue;
      const style = getComputedStyle(element);
      const hasWords = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== "");
      if (!hasWords || style.overflowX === "visible" || /auto|scroll/.test(style.overflowX)) continue;
      if (element.closest("[title]:not([title=''])") === null) found.push(`cut without a tooltip: ${nameOf(element)}`);
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide, its view ${clientWidth}`);
    for (const [element, top, left] of places) {
      if (element.scrollTop !== top || element.scrollLeft !== left) element.scrollTo(left, top);
    }
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    return found;
  }, CONTROLS);
  assertNone(faults);
}

/**
 * Fails when something that the keyboard can come to does not show that it is there. The last thing that the user did must have
 * been a key.
 */
export async function assertFocusShown(view: FrameLocator): Promise<void> {
  const frame = await pageOf(view);
  const faults = await frame.evaluate(async (controls) => {
    const found: string[] = [];
    const looks = (element: Element): string => {
      const { outlineStyle, outlineWidth, outlineColor, borderColor, borderWidth, boxShadow, backgroundColor, stroke } =
        getComputedStyle(element);
      const outline =
        outlineStyle === "none" || parseFloat(outlineWidth) === 0 ? "" : `${outlineStyle} ${outlineColor}`;
      return [outline, borderColor, borderWidth, boxShadow, backgroundColor, stroke].join(" | ");
    };
    const innermost = (): Element | null => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement != null) element = element.shadowRoot.activeElement;
      return element;
    };
    const before = document.activeElement;
    const stage: ParentNode = document.querySelector("dialog[open], [popover]:popover-open") ?? document;
    for (const element of stage.querySelectorAll<HTMLElement | SVGElement>(controls)) {
      if (!element.checkVisibility({ visibilityProperty: true }) || element.matches(":disabled")) continue;
      element.focus({ preventScroll: true });
      const focused = innermost();
      if (focused === null || focused === document.body) continue;
      // Itself, or a frame around it, such as that of a field; what stands in a shadow may be drawn by its host.
      const chain: Element[] = [];
      for (
        let node: Node | null = focused;
        node !== null && chain.length < 8;
        node = node.parentNode ?? (node instanceof ShadowRoot ? node.host : null)
      )
        if (node instanceof Element) chain.push(node);
      // And what it holds first, such as the line of an item of a tree.
      if (focused.firstElementChild !== null) chain.push(focused.firstElementChild);
      const lookNow = (): string => chain.map(looks).join();
      let withFocus = lookNow();
      element.blur();
      let without = lookNow();
      if (withFocus === without) {
        // Components follow with their next frame.
        element.focus({ preventScroll: true });
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        withFocus = lookNow();
        element.blur();
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        without = lookNow();
      }
      if (withFocus === without) {
        const name = element.getAttribute("aria-label") ?? element.textContent.trim();
        found.push(`${element.localName}#${element.id}.${element.getAttribute("class") ?? ""} "${name.slice(0, 60)}"`);
      }
    }
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    return [...new Set(found)];
  }, CONTROLS);
  assertNone(faults);
}

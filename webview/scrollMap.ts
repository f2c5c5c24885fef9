/**
 * Tallest scroll area in px. Browsers clamp tall elements (Chromium at 33.5 million px, Firefox at 17.9 million), so a
 * taller content is mapped onto this many.
 */
export const MAX_AREA_PX = 8_000_000;

/** What the position depends on. */
export type ScrollSize = { readonly rowPx: number; readonly rows: number; readonly viewPx: number };

/** Height to give the scrolled element. */
export function areaPx(size: ScrollSize): number {
  return Math.min(size.rows * size.rowPx, MAX_AREA_PX);
}

/** The largest content position, in px of the unscaled content. */
export function maxTopPx(size: ScrollSize): number {
  return Math.max(0, size.rows * size.rowPx - size.viewPx);
}

export function clampTopPx(size: ScrollSize, topPx: number): number {
  return Math.min(Math.max(0, topPx), maxTopPx(size));
}

/**
 * scrollTop for a content position. Where the content is scaled, two pages are kept free at both ends for positions that
 * are not the very first or last, so that a click into the scroll bar's track can always move by one whole page.
 */
export function toScrollTop(size: ScrollSize, topPx: number): number {
  const maxTop = maxTopPx(size);
  const maxScroll = Math.max(0, areaPx(size) - size.viewPx);
  if (maxTop <= maxScroll) return topPx;
  if (topPx <= 0) return 0;
  if (topPx >= maxTop) return maxScroll;
  const free = 2 * size.viewPx;
  return free + (topPx / maxTop) * (maxScroll - 2 * free);
}

/** Content position for a scrollTop that a dragged thumb made. */
export function fromScrollTop(size: ScrollSize, scrollTop: number): number {
  const maxTop = maxTopPx(size);
  const maxScroll = Math.max(0, areaPx(size) - size.viewPx);
  if (maxTop <= maxScroll) return clampTopPx(size, scrollTop);
  const free = 2 * size.viewPx;
  return clampTopPx(size, ((scrollTop - free) / (maxScroll - 2 * free)) * maxTop);
}

/**
 * Content position after the browser moved the scroll bar from `before` to `after`. Moves of up to a page are page
 * clicks and touch, and are exact; a thumb that moves by one pixel moves a scaled content by more than that.
 */
export function movedTopPx(size: ScrollSize, topPx: number, before: number, after: number): number {
  const isScaled = size.rows * size.rowPx > MAX_AREA_PX;
  const delta = after - before;
  if (isScaled && Math.abs(delta) <= size.viewPx) return clampTopPx(size, topPx + delta);
  return fromScrollTop(size, after);
}

/** First row to draw, how many, and how far the first one is above the view's edge. */
export function visibleRows(size: ScrollSize, topPx: number): { first: number; count: number; offsetPx: number } {
  const first = Math.min(Math.floor(topPx / size.rowPx), Math.max(0, size.rows - 1));
  const count = Math.min(size.rows - first, Math.ceil(size.viewPx / size.rowPx) + 1);
  return { first, count: Math.max(0, count), offsetPx: first * size.rowPx - topPx };
}

/** Content position that shows row `index`: unchanged when it is in view, else the nearest edge, or the middle. */
export function revealTopPx(size: ScrollSize, topPx: number, index: number, where: "nearest" | "middle"): number {
  const rowTop = index * size.rowPx;
  if (rowTop >= topPx && rowTop + size.rowPx <= topPx + size.viewPx) return clampTopPx(size, topPx);
  if (where === "middle") return clampTopPx(size, rowTop - (size.viewPx - size.rowPx) / 2);
  return clampTopPx(size, rowTop < topPx ? rowTop : rowTop + size.rowPx - size.viewPx);
}

/** A list that is scrolled fast is read as far ahead as it moves in so many frames, at most so many rows. */
const LEAD_FRAMES = 12;
const MAX_LEAD_ROWS = 240;

/** Whether so many rows a frame are a jump, as with a dragged thumb: nobody knows where the next one goes. */
export const isJump = (rowsPerFrame: number): boolean => Math.abs(rowsPerFrame) > MAX_LEAD_ROWS;

/** How many rows further than others are read where the list moves to, at so many rows a frame (up is negative). */
export function leadRows(rowsPerFrame: number): { before: number; after: number } {
  const lead = isJump(rowsPerFrame) ? 0 : Math.min(MAX_LEAD_ROWS, Math.abs(rowsPerFrame) * LEAD_FRAMES);
  return rowsPerFrame < 0 ? { before: lead, after: 0 } : { before: 0, after: lead };
}

import { clampSplit } from "./state.ts";

const KEY_STEP = 0.03;

/** What a divider between two panes needs to know. */
export type SplitterHost = {
  /** The box that both panes share. */
  box(): DOMRect;
  /** Whether the panes stand side by side, else one above the other. */
  isSideBySide(): boolean;
  split(): number;
  /** The first pane's new share of the box; `isFinal` when the drag is over. */
  onSplit(split: number, isFinal: boolean): void;
};

/** Starts a drag of the divider. */
export function dragSplitter(event: PointerEvent, host: SplitterHost): void {
  const divider = event.currentTarget;
  if (event.button !== 0 || !(divider instanceof HTMLElement)) return;
  event.preventDefault();
  divider.setPointerCapture(event.pointerId);
  divider.focus();
  const move = (at: PointerEvent) => {
    const box = host.box();
    const share = host.isSideBySide() ? (at.clientX - box.left) / box.width : (at.clientY - box.top) / box.height;
    host.onSplit(clampSplit(share), false);
  };
  divider.addEventListener("pointermove", move);
  divider.addEventListener(
    "lostpointercapture",
    () => {
      divider.removeEventListener("pointermove", move);
      host.onSplit(host.split(), true);
    },
    { once: true },
  );
}

/** Moves the divider by the arrow keys. */
export function pressSplitter(event: KeyboardEvent, host: SplitterHost): void {
  const back = host.isSideBySide() ? "ArrowLeft" : "ArrowUp";
  const forth = host.isSideBySide() ? "ArrowRight" : "ArrowDown";
  if (event.key !== back && event.key !== forth) return;
  event.preventDefault();
  event.stopPropagation();
  host.onSplit(clampSplit(host.split() + (event.key === back ? -KEY_STEP : KEY_STEP)), true);
}

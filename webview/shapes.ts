/**
 * Colours of a drawing. The style sheet has each as the variable `--draw-<name>`; an exported file has what that was when it
 * was written.
 */
export const COLOURS = [
  "background",
  "raised",
  "text",
  "quiet",
  "line",
  "request",
  "reply",
  "publish",
  "push",
  "message",
  "warning",
  "error",
  "note",
] as const;
export type Colour = (typeof COLOURS)[number];

/** Where a shape lies is in px, from the left and from the top of what holds it. */
export type Shape =
  | {
      readonly kind: "line";
      readonly from: readonly [number, number];
      readonly to: readonly [number, number];
      readonly colour: Colour;
      readonly dash?: Dash;
      readonly widthPx?: number;
    }
  | {
      readonly kind: "path";
      /** Of numbers and commands only. */
      readonly d: string;
      readonly colour: Colour;
      readonly isFilled?: boolean;
      readonly dash?: Dash;
      readonly widthPx?: number;
    }
  | {
      readonly kind: "rect";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly radius?: number;
      readonly fill: Colour | null;
      readonly edge: Colour | null;
      readonly dash?: Dash;
      readonly widthPx?: number;
    }
  | {
      readonly kind: "text";
      readonly x: number;
      /** Of the base line. */
      readonly y: number;
      readonly text: string;
      readonly colour: Colour;
      readonly anchor?: "start" | "middle" | "end";
      readonly isSmall?: boolean;
      readonly isBold?: boolean;
      readonly isSlanted?: boolean;
      /** It crosses lines, and keeps some distance from them. */
      readonly isApart?: boolean;
    }
  | {
      readonly kind: "group";
      readonly x: number;
      readonly y: number;
      readonly shapes: readonly Shape[];
      /** What hovering over it says in an exported file. */
      readonly title?: string;
    };

export type Dash = "dashed" | "dotted";

export const DASHES: Readonly<Record<Dash, string>> = { dashed: "5 4", dotted: "1.5 3.5" };

/** How far a text that stands apart keeps lines from it. */
export const APART_PX = 4;

/** Of letters of one width. */
export const TEXT_PX = 12;
export const SMALL_PX = 11;

/** Marks in a square of 12 px around its middle: they say the same as their colours. */
const MARKS = {
  check: ["M-4.5 0.5 L-1.5 3.5 L4.5 -3.5"],
  error: ["M-5 0 A5 5 0 1 1 5 0 A5 5 0 1 1 -5 0", "M-2 -2 L2 2", "M2 -2 L-2 2"],
  clock: ["M-5 0 A5 5 0 1 1 5 0 A5 5 0 1 1 -5 0", "M0 -3 L0 0 L2.5 1.5"],
  warning: ["M0 -5 L5.5 4.5 L-5.5 4.5 Z", "M0 -1.5 L0 1.5", "M0 3 L0 3.2"],
  note: ["M-5 0 A5 5 0 1 1 5 0 A5 5 0 1 1 -5 0", "M0 -0.5 L0 2.5", "M0 -2.6 L0 -2.4"],
  slash: ["M-5 0 A5 5 0 1 1 5 0 A5 5 0 1 1 -5 0", "M-3.4 3.4 L3.4 -3.4"],
  lost: ["M-4 -4 L4 4", "M4 -4 L-4 4"],
  lock: ["M-4 -0.5 L4 -0.5 L4 5 L-4 5 Z", "M-2.5 -0.5 L-2.5 -2.5 A2.5 2.5 0 0 1 2.5 -2.5 L2.5 -0.5"],
} as const;
export type MarkName = keyof typeof MARKS;

/** Its middle lies at x and y. */
export function mark(name: MarkName, x: number, y: number, colour: Colour): Shape {
  return {
    kind: "group",
    x,
    y,
    shapes: MARKS[name].map((d) => ({ kind: "path", d, colour, widthPx: 1.2 })),
  };
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** The text as it fits into a width of so many letters, cut with an ellipsis; empty where there is room for none. */
export function fitText(text: string, letters: number): string {
  const room = Math.floor(letters);
  let used = 0;
  let fitting = "";
  for (const letter of text.length > 2 * room + 2 ? text.slice(0, 2 * room + 2) : text) {
    const width = WIDE.test(letter) ? 2 : 1;
    // The last place that there is may be needed for the ellipsis.
    if (used + width > room) return room < 1 ? "" : `${cutTo(fitting, room - 1)}…`;
    used += width;
    fitting += letter;
  }
  return fitting;
}

/** How many letters wide a text is. */
export function lettersOf(text: string): number {
  let used = 0;
  for (const letter of text) used += WIDE.test(letter) ? 2 : 1;
  return used;
}

function cutTo(text: string, room: number): string {
  let used = 0;
  let cut = "";
  for (const letter of text) {
    used += WIDE.test(letter) ? 2 : 1;
    if (used > room) break;
    cut += letter;
  }
  return cut.trimEnd();
}

import { nothing, svg, type SVGTemplateResult } from "lit";
import { APART_PX, type Colour, DASHES, type Shape, SMALL_PX, TEXT_PX } from "./shapes.ts";

const paint = (colour: Colour): string => `var(--draw-${colour})`;
const dashes = (dash: keyof typeof DASHES | undefined): string | typeof nothing =>
  dash === undefined ? nothing : DASHES[dash];

/** Shapes as they stand in the page, in the theme's colours. Their texts go in as text. */
export function drawn(shapes: readonly Shape[]): readonly SVGTemplateResult[] {
  return shapes.map(draw);
}

function draw(shape: Shape): SVGTemplateResult {
  switch (shape.kind) {
    case "line": {
      const { from, to, colour, dash, widthPx = 1 } = shape;
      return svg`<line
        x1=${from[0]} y1=${from[1]} x2=${to[0]} y2=${to[1]}
        stroke=${paint(colour)} stroke-width=${widthPx} stroke-dasharray=${dashes(dash)}
      ></line>`;
    }
    case "path": {
      const { d, colour, isFilled = false, dash, widthPx = 1 } = shape;
      return svg`<path
        d=${d} fill=${isFilled ? paint(colour) : "none"} stroke=${isFilled ? nothing : paint(colour)}
        stroke-width=${widthPx} stroke-dasharray=${dashes(dash)}
      ></path>`;
    }
    case "rect": {
      const { x, y, width, height, radius = 0, fill, edge, dash, widthPx = 1 } = shape;
      return svg`<rect
        x=${x} y=${y} width=${width} height=${height} rx=${radius}
        fill=${fill === null ? "none" : paint(fill)} stroke=${edge === null ? nothing : paint(edge)}
        stroke-width=${widthPx} stroke-dasharray=${dashes(dash)}
      ></rect>`;
    }
    case "text": {
      const { x, y, text, colour, anchor = "start", isSmall, isBold, isSlanted, isApart = false } = shape;
      return svg`<text
        x=${x} y=${y} text-anchor=${anchor} fill=${paint(colour)} font-size=${isSmall === true ? SMALL_PX : TEXT_PX}
        font-weight=${isBold === true ? 600 : nothing} font-style=${isSlanted === true ? "italic" : nothing}
        paint-order=${isApart ? "stroke" : nothing} stroke=${isApart ? paint("background") : nothing}
        stroke-width=${isApart ? APART_PX : nothing}
      >${text}</text>`;
    }
    case "group":
      return svg`<g transform="translate(${shape.x} ${shape.y})">${drawn(shape.shapes)}</g>`;
  }
}

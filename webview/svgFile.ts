import { APART_PX, type Colour, DASHES, type Shape, SMALL_PX, TEXT_PX } from "./shapes.ts";

/** A drawing as a whole, with the title that its file has. */
export type Drawing = {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
};

/** How a drawing looks outside of the page: colours as CSS writes them, and a font whose letters have one width. */
export type SvgLook = { readonly colourOf: (colour: Colour) => string; readonly font: string };

/** Writes a drawing as an SVG file that needs nothing else. All text and every value in it is escaped. */
export function writeSvg({ title, width, height, shapes }: Drawing, look: SvgLook): string {
  const size = { width: round(width), height: round(height) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg"${attributes({ ...size, viewBox: `0 0 ${size.width} ${size.height}`, "font-family": look.font, "font-size": TEXT_PX })}>`,
    `<title>${escapeXml(title)}</title>`,
    `<rect${attributes({ ...size, fill: look.colourOf("background") })}/>`,
    ...shapes.map((shape) => write(shape, look.colourOf)),
    "</svg>",
    "",
  ].join("\n");
}

function write(shape: Shape, colourOf: SvgLook["colourOf"]): string {
  switch (shape.kind) {
    case "line": {
      const { from, to, colour, dash, widthPx = 1 } = shape;
      const ends = { x1: round(from[0]), y1: round(from[1]), x2: round(to[0]), y2: round(to[1]) };
      return `<line${attributes({ ...ends, stroke: colourOf(colour), "stroke-width": widthPx, ...dashed(dash) })}/>`;
    }
    case "path": {
      const { d, colour, isFilled = false, dash, widthPx = 1 } = shape;
      const paint = isFilled
        ? { fill: colourOf(colour) }
        : { fill: "none", stroke: colourOf(colour), "stroke-width": widthPx, ...dashed(dash) };
      return `<path${attributes({ d, ...paint })}/>`;
    }
    case "rect": {
      const { x, y, width, height, radius = 0, fill, edge, dash, widthPx = 1 } = shape;
      const box = { x: round(x), y: round(y), width: round(width), height: round(height), rx: radius };
      const stroke = edge === null ? {} : { stroke: colourOf(edge), "stroke-width": widthPx, ...dashed(dash) };
      return `<rect${attributes({ ...box, fill: fill === null ? "none" : colourOf(fill), ...stroke })}/>`;
    }
    case "text": {
      const { x, y, text, colour, anchor = "start", isSmall, isBold, isSlanted, isApart } = shape;
      const apart = { "paint-order": "stroke", stroke: colourOf("background"), "stroke-width": APART_PX };
      const look = {
        "text-anchor": anchor,
        ...(isSmall === true ? { "font-size": SMALL_PX } : {}),
        ...(isBold === true ? { "font-weight": 600 } : {}),
        ...(isSlanted === true ? { "font-style": "italic" } : {}),
        ...(isApart === true ? apart : {}),
      };
      const place = { x: round(x), y: round(y), fill: colourOf(colour), "xml:space": "preserve" };
      return `<text${attributes({ ...place, ...look })}>${escapeXml(text)}</text>`;
    }
    case "group": {
      const { x, y, shapes, title = "" } = shape;
      const said = title === "" ? "" : `<title>${escapeXml(title)}</title>`;
      const inside = shapes.map((inner) => write(inner, colourOf)).join("");
      return `<g${attributes({ transform: `translate(${round(x)} ${round(y)})` })}>${said}${inside}</g>`;
    }
  }
}

function dashed(dash: "dashed" | "dotted" | undefined): Readonly<Record<string, string>> {
  return dash === undefined ? {} : { "stroke-dasharray": DASHES[dash] };
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text as XML has it, within an element or an attribute. What XML cannot have at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}

import { make } from "./dom.ts";
import { type Colour, COLOURS, TEXT_PX } from "./shapes.ts";
import type { SvgLook } from "./svgFile.ts";

/** The theme of now as an exported file has it: each colour as six hex digits, as every program understands them. */
export function lookOfPage(host: HTMLElement): SvgLook {
  const probe = make("span", "visually-hidden", { "aria-hidden": "true" });
  host.append(probe);
  const canvas = make("canvas", "", { width: "1", height: "1" }).getContext("2d", { willReadFrequently: true });
  const colours = new Map<Colour, string>();
  for (const colour of COLOURS) {
    probe.style.color = `var(--draw-${colour})`;
    colours.set(colour, canvas === null ? "#808080" : hexOf(canvas, getComputedStyle(probe).color));
  }
  probe.remove();
  return {
    colourOf: (colour) => colours.get(colour)!,
    font: "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  };
}

/** What a colour looks like, in whatever way the browser writes it. */
function hexOf(canvas: CanvasRenderingContext2D, colour: string): string {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((part) => (part ?? 0).toString(16).padStart(2, "0")).join("")}`;
}

/** How wide one letter of the data font is in a drawing, in px. */
export function letterWidth(host: HTMLElement): number {
  const probe = make("span", "draw-probe", { "aria-hidden": "true" }, "0".repeat(100));
  probe.style.fontSize = `${TEXT_PX}px`;
  host.append(probe);
  const width = probe.getBoundingClientRect().width / 100;
  probe.remove();
  return width > 0 ? width : TEXT_PX * 0.6;
}

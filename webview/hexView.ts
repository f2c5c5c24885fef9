import { MAX_BYTES_PER_READ } from "../src/shared/engineProtocol.ts";
import { make } from "./dom.ts";
import { hexLine, octetsPerLine, offsetDigits } from "./hexText.ts";
import { visibleRows } from "./scrollMap.ts";
import { failureText } from "./viewChannel.ts";
import { VirtualScroller } from "./virtualScroller.ts";
import { t } from "../src/shared/l10n.ts";

const LINE_PX = 18;
const MAX_LINES_HIGH = 18;
const MAX_WINDOWS = 8;

/** Where a hex view gets its bytes. `read` is asked for at most 64 KiB at a time, aligned to that. */
export type ByteSource = {
  readonly sizeBytes: number;
  read(from: number, count: number): Promise<Uint8Array>;
};

/** A hex dump of any size: reads windows of bytes as they come into view and keeps a bounded number of them. */
export class HexView extends HTMLElement {
  readonly #viewport = make("div", "hex-viewport", { tabindex: "0", role: "group", "aria-label": t("Hex dump") });
  readonly #area = make("div", "hex-area");
  readonly #lines = make("div", "hex-window");
  readonly #probe = make("span", "hex-probe", { "aria-hidden": "true" }, "0".repeat(32));
  readonly #windows = new Map<number, Uint8Array | "asked">();
  #source: ByteSource | null = null;
  #scroller: VirtualScroller | null = null;
  #perLine = 16;

  constructor() {
    super();
    this.#area.append(this.#lines);
    this.#viewport.append(this.#area, this.#probe);
  }

  set source(source: ByteSource) {
    if (source === this.#source) return;
    this.#source = source;
    this.#windows.clear();
    this.#draw();
  }

  connectedCallback(): void {
    this.classList.add("hex-view");
    if (!this.contains(this.#viewport)) this.append(this.#viewport);
    this.#scroller = new VirtualScroller(this.#viewport, this.#area, LINE_PX, () => this.#draw());
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#scroller?.dispose();
    this.#scroller = null;
  }

  #draw(): void {
    const source = this.#source;
    const scroller = this.#scroller;
    if (source === null || scroller === null || !this.isConnected) return;
    const digits = offsetDigits(source.sizeBytes);
    const charPx = this.#probe.getBoundingClientRect().width / 32;
    if (charPx > 0) this.#perLine = octetsPerLine(Math.floor(this.#viewport.clientWidth / charPx), digits);
    const lines = Math.ceil(source.sizeBytes / this.#perLine);
    const heightPx = `${Math.min(lines, MAX_LINES_HIGH) * LINE_PX}px`;
    if (this.#viewport.style.height !== heightPx) this.#viewport.style.height = heightPx;
    if (scroller.size.rows !== lines) {
      scroller.setRows(lines);
      return;
    }
    const { first, count, offsetPx } = visibleRows(
      { ...scroller.size, viewPx: this.#viewport.clientHeight },
      scroller.topPx,
    );
    const drawn: HTMLElement[] = [];
    for (let i = 0; i < count; i++) {
      const from = (first + i) * this.#perLine;
      const start = from - (from % MAX_BYTES_PER_READ);
      const bytes = this.#window(source, start);
      const line = make("div", "hex-line");
      line.style.transform = `translateY(${offsetPx + i * LINE_PX}px)`;
      const text =
        bytes === null ? { offset: "", hex: "", ascii: "" } : hexLine(bytes, from - start, from, this.#perLine, digits);
      line.append(
        make("span", "hex-offset", {}, text.offset),
        make("span", "hex-octets", {}, text.hex),
        make("span", "hex-ascii", {}, text.ascii),
      );
      drawn.push(line);
    }
    this.#lines.replaceChildren(...drawn);
    this.dataset["octets"] = lines > 1 ? String(this.#perLine) : "few";
  }

  #window(source: ByteSource, start: number): Uint8Array | null {
    const known = this.#windows.get(start);
    if (known instanceof Uint8Array) return known;
    if (known === undefined) void this.#read(source, start);
    return null;
  }

  async #read(source: ByteSource, start: number): Promise<void> {
    this.#windows.set(start, "asked");
    try {
      const bytes = await source.read(start, Math.min(MAX_BYTES_PER_READ, source.sizeBytes - start));
      if (source !== this.#source) return;
      this.#windows.set(start, bytes);
      const oldest = [...this.#windows.keys()].find((key) => key !== start);
      if (this.#windows.size > MAX_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
      this.#draw();
    } catch (error) {
      if (source !== this.#source) return;
      this.replaceChildren(make("p", "problem-text", { role: "alert" }, failureText(error)));
    }
  }
}

customElements.define("zmq-hex-view", HexView);

declare global {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- only an interface can add to the DOM's.
  interface HTMLElementTagNameMap {
    "zmq-hex-view": HexView;
  }
}

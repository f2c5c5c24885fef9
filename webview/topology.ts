import { html, nothing, type PropertyValues, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { TopologyEdge, TopologyPicture as Topology } from "../src/shared/pictures.ts";
import { formatCount } from "./format.ts";
import { Picture } from "./picture.ts";
import { FILE_LETTER_PX } from "./sequenceLayout.ts";
import { drawn } from "./shapesView.ts";
import { writeSvg } from "./svgFile.ts";
import { letterWidth, lookOfPage } from "./svgLook.ts";
import { actionButton, tableToggle } from "./tables.ts";
import {
  edgeShapes,
  edgeText,
  edgeWords,
  layOutTopology,
  nextSpot,
  nodeShapes,
  nodeTitle,
  nodeWords,
  type PlacedEdge,
  type PlacedNode,
  spotsOf,
  statusWord,
  topologyShapes,
  type TopologyLayout,
} from "./topologyLayout.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";
import { rich } from "./rich.ts";

const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2];
/** Edges of a node that a filter names at most. */
const MAX_FILTERS = 20;

/** The Topology tab: who talks to whom, as a drawing or as a table. */
export class TopologyPicture extends Picture<Topology> {
  static override properties = {
    ...Picture.properties,
    isTable: { state: true },
    zoom: { state: true },
    roomPx: { state: true },
    spot: { state: true },
    said: { state: true },
  };
  declare isTable: boolean;
  declare zoom: number;
  declare roomPx: number;
  /** Where the keyboard is. */
  declare spot: string | null;
  declare said: string;
  #letterPx = FILE_LETTER_PX;
  #resize: ResizeObserver | undefined;

  constructor() {
    super();
    this.isTable = false;
    this.zoom = 1;
    this.roomPx = 960;
    this.spot = null;
    this.said = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resize = new ResizeObserver(([entry]) => {
      const widthPx = Math.round(entry?.contentRect.width ?? 0);
      if (widthPx > 0) this.roomPx = widthPx;
    });
    this.#resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize?.disconnect();
  }

  override forget(): void {
    super.forget();
    this.spot = null;
    this.said = "";
  }

  protected override firstUpdated(changed: PropertyValues<this>): void {
    super.firstUpdated(changed);
    this.#letterPx = letterWidth(this);
  }

  protected override read(asker: Asker): Promise<Topology> {
    return asker.ask("picture/topology", {});
  }

  protected override draw(picture: Topology): TemplateResult {
    if (picture.nodes.length === 0) {
      return this.nothingYet("type-hierarchy-sub", t("Nobody has connected yet. Peers stand here as soon as they do."));
    }
    return html`<div class="picture-bar">
        <p class="topology-what">${this.#what(picture)}</p>
        <span class="spacer"></span>
        <span class="topology-zoom" ?hidden=${this.isTable}>
          ${this.#tool("topology-smaller", "zoom-out", t("Smaller"), this.zoom <= ZOOMS[0]!, () => this.#zoom(-1))}
          ${this.#tool("topology-larger", "zoom-in", t("Larger"), this.zoom >= ZOOMS.at(-1)!, () => this.#zoom(1))}
        </span>
        ${tableToggle(this.isTable, t("Show the topology as table"), () => (this.isTable = !this.isTable))}
        <button
          type="button"
          class="tool-button"
          id="topology-svg"
          title=${t("Save as SVG…")}
          @click=${() => void this.#save(picture)}
        >
          <span class="codicon codicon-save" aria-hidden="true"></span>
          <span class="tool-text">${t("Save as SVG…")}</span>
        </button>
      </div>
      <p class="quiet" role="status">${this.said}</p>
      ${this.isTable ? this.#table(picture) : this.#drawing(picture)}`;
  }

  #what({ nodes, otherPeers }: Topology): string {
    const count = (kind: string): number => nodes.filter((node) => node.kind === kind).length;
    const [clients, taps, bridges, servers] = [count("client"), count("tap"), count("bridge"), count("server")];
    return [
      t(clients === 1 ? "{0} client" : "{0} clients", formatCount(clients)),
      t(taps === 1 ? "{0} tap" : "{0} taps", formatCount(taps)),
      ...(bridges === 0 ? [] : [t(bridges === 1 ? "{0} bridge" : "{0} bridges", formatCount(bridges))]),
      t(servers === 1 ? "{0} server" : "{0} servers", formatCount(servers)),
      ...(otherPeers === 0
        ? []
        : [
            t(
              otherPeers === 1 ? "{0} more peer is not drawn" : "{0} more peers are not drawn",
              formatCount(otherPeers),
            ),
          ]),
    ].join(" · ");
  }

  #tool(id: string, icon: string, label: string, isDisabled: boolean, run: () => void): TemplateResult {
    return html`<button
      type="button"
      class="icon-button"
      id=${id}
      title=${label}
      aria-label=${label}
      ?disabled=${isDisabled}
      @click=${run}
    >
      <span class="codicon codicon-${icon}" aria-hidden="true"></span>
    </button>`;
  }

  #zoom(step: -1 | 1): void {
    this.zoom = ZOOMS[ZOOMS.indexOf(this.zoom) + step] ?? this.zoom;
  }

  #drawing(picture: Topology): TemplateResult {
    const layout = layOutTopology(picture, this.roomPx);
    const spots = spotsOf(layout);
    const current = spots.some(({ id }) => id === this.spot) ? this.spot : (spots[0]?.id ?? null);
    const { width, height, nodes, edges } = layout;
    return html`<div class="topology-scroll">
      <svg
        class="drawing topology"
        role="group"
        aria-label=${t("Who talks to whom")}
        width=${Math.round(width * this.zoom)}
        height=${Math.round(height * this.zoom)}
        viewBox="0 0 ${width} ${height}"
        @keydown=${(event: KeyboardEvent) => this.#pressed(event, layout)}
      >
        ${repeat(
          edges,
          ({ from, to, index }) => `${from} ${to} ${index}`,
          (edge) => this.#edge(edge, current, picture),
        )}
        ${repeat(
          nodes,
          ({ id }) => id,
          (node) => this.#node(node, current, picture),
        )}
      </svg>
    </div>`;
  }

  #edge(edge: PlacedEdge, current: string | null, picture: Topology): SVGTemplateResult {
    const id = `edge ${edge.index}`;
    const words = edgeWords(edge, (node) => nameOf(picture, node));
    return svg`<g class="topology-edge">
      <path
        class="topology-hit" d=${edge.d} role="button" data-spot=${id} tabindex=${id === current ? "0" : "-1"}
        aria-label=${t("{0}. Show in the log", words)}
        @click=${() => this.filter(edge.filter)} @focus=${() => (this.spot = id)}
      ><title>${t("{0}. Click to show in the log.", words)}</title></path>
      <g class="topology-drawn" aria-hidden="true">${drawn(edgeShapes(edge, this.#letterPx))}</g>
    </g>`;
  }

  #node(node: PlacedNode, current: string | null, picture: Topology): SVGTemplateResult {
    const id = `node ${node.id}`;
    const filter = filterOf(picture, node.id);
    const words = nodeWords(node);
    return svg`<g class="topology-node" transform="translate(${node.x} ${node.y})">
      <g class="topology-drawn" aria-hidden="true">${drawn(nodeShapes(node, this.#letterPx))}</g>
      <rect
        class="topology-frame" x="-3" y="-3" width=${node.width + 6} height=${node.height + 6} rx="8"
        role="button" data-spot=${id} tabindex=${id === current ? "0" : "-1"}
        aria-label=${filter === null ? words : t("{0}. Show in the log", words)}
        aria-disabled=${filter === null ? "true" : nothing}
        @click=${() => {
          if (filter !== null) this.filter(filter);
        }}
        @focus=${() => (this.spot = id)}
      ><title>${words}</title></rect>
    </g>`;
  }

  #pressed(event: KeyboardEvent, layout: TopologyLayout): void {
    const target = event.target instanceof Element ? event.target.closest<SVGGElement>("[data-spot]") : null;
    if (target === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      target.dispatchEvent(new MouseEvent("click"));
      return;
    }
    if (!event.key.startsWith("Arrow")) return;
    const spots = spotsOf(layout);
    const current = spots.find(({ id }) => id === target.dataset["spot"]);
    if (current === undefined) return;
    event.preventDefault();
    const next = nextSpot(spots, current, event.key).id;
    [...this.querySelectorAll<SVGGElement>("[data-spot]")].find(({ dataset }) => dataset["spot"] === next)?.focus();
  }

  #table(picture: Topology): TemplateResult {
    const nodes = new Map(picture.nodes.map((node) => [node.id, node]));
    const joined = new Set(picture.edges.flatMap(({ from, to }) => [from, to]));
    const name = (id: string): string => {
      const node = nodes.get(id);
      return node === undefined
        ? id
        : [nodeTitle(node), node.socket ?? "", statusWord(node)].filter((word) => word !== "").join(" · ");
    };
    return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of the topology")}>
      <table class="data-table" id="topology-table">
        <caption class="visually-hidden">
          ${t("Who talks to whom")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${t("From")}</th>
            <th scope="col">${t("To")}</th>
            <th scope="col" class="number">${t("Links")}</th>
            <th scope="col">${t("Security")}</th>
            <th scope="col">${t("Rates")}</th>
            <th scope="col" class="number">${t("Messages to the server")}</th>
            <th scope="col" class="number">${t("Messages to the client")}</th>
            <th scope="col">${t("Findings")}</th>
            <th scope="col"><span class="visually-hidden">${t("Log")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${inOrder(picture).map(
            (edge) =>
              html`<tr>
                <td>${name(edge.from)}</td>
                <td>${name(edge.to)}</td>
                <td class="number">${formatCount(edge.links)}</td>
                <td>${edge.mechanism ?? ""}</td>
                <td>${edge.perSecond[0] + edge.perSecond[1] > 0 ? edgeText({ ...edge, links: 1 }) : "–"}</td>
                <td class="number">${formatCount(edge.messages[0])}</td>
                <td class="number">${formatCount(edge.messages[1])}</td>
                <td>${edge.severity ?? ""}</td>
                <td class="actions">${actionButton("filter", t("Show in the log"), () => this.filter(edge.filter))}</td>
              </tr>`,
          )}
          ${picture.nodes
            .filter(({ id }) => !joined.has(id))
            .map(
              ({ id, severity }) =>
                html`<tr>
                  <td colspan="7">${rich("{0}, connected to nobody", name(id))}</td>
                  <td>${severity ?? ""}</td>
                  <td></td>
                </tr>`,
            )}
        </tbody>
      </table>
    </div>`;
  }

  async #save(picture: Topology): Promise<void> {
    const { width, height, ...layout } = layOutTopology(picture, 1200);
    const shapes = topologyShapes({ width, height, ...layout }, FILE_LETTER_PX);
    const text = writeSvg({ title: "ZeroMQ peers and taps", width, height, shapes }, lookOfPage(this));
    try {
      const isSaved = await this.asker?.ask("picture/save", { name: "topology", kind: "svg", text });
      this.said = isSaved === true ? t("Saved.") : "";
    } catch (error) {
      this.problem = failureText(error);
    }
  }
}

function nameOf({ nodes }: Topology, id: string): string {
  const node = nodes.find((one) => one.id === id);
  return node === undefined ? id : nodeTitle(node);
}

/** Edges in the order of the taps they lead to, and then of those they come from. */
function inOrder({ nodes, edges }: Topology): readonly TopologyEdge[] {
  const place = new Map(nodes.filter(({ kind }) => kind === "tap" || kind === "bridge").map(({ id }, at) => [id, at]));
  const at = ({ from, to }: TopologyEdge): number => place.get(to) ?? (place.get(from) ?? nodes.length) + 0.5;
  return edges.toSorted((one, other) => at(one) - at(other));
}

/** What shows all that goes to or from a node; `null` where nothing does, or where it would be too long to read. */
function filterOf({ edges }: Topology, id: string): string | null {
  const filters = [...new Set(edges.filter(({ from, to }) => from === id || to === id).map(({ filter }) => filter))];
  const [first] = filters;
  if (first === undefined || filters.length > MAX_FILTERS) return null;
  return filters.length === 1 ? first : filters.map((filter) => `(${filter})`).join(" or ");
}

customElements.define("zmq-topology", TopologyPicture);

import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { writeEquals } from "../src/shared/filter/write.ts";
import type { TapState } from "../src/shared/model.ts";
import type { Fidelity, LinkRow, LinksPicture } from "../src/shared/pictures.ts";
import { addedText, equations, heldUpText, isFaithful, rekeyedText, samplesText } from "./fidelityText.ts";
import { formatCount, formatDuration, formatSize } from "./format.ts";
import {
  endLines,
  closedText,
  isChosen,
  lifetimeMs,
  lifetimeTitle,
  LINK_CHOICES,
  type LinkChoice,
  type LinkColumn,
  linkKey,
  protocolText,
  subscriptionsText,
  usedColumns,
  waitingLines,
} from "./linkText.ts";
import { Picture } from "./picture.ts";
import { type Order, sorted } from "./sorting.ts";
import { type ColumnKind, moreButton, sortHeader } from "./tables.ts";
import type { Asker } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";

/** Of so many taps it is asked how faithful they are. */
const MAX_TAPS = 50;
const TAPS_AT_ONCE = 4;
const LINKS_AT_ONCE = 100;

const CHOICE_LABELS: Readonly<Record<LinkChoice, string>> = {
  all: t("All"),
  open: capital(t("open")),
  problems: t("With Problems"),
};

const COLUMNS: readonly { readonly column: LinkColumn; readonly label: string; readonly kind: ColumnKind }[] = [
  { column: "link", label: t("Link"), kind: "number" },
  { column: "tap", label: t("Tap"), kind: "text" },
  { column: "findings", label: t("Findings"), kind: "number" },
  { column: "client", label: t("Client"), kind: "text" },
  { column: "server", label: t("Server"), kind: "text" },
  { column: "handshake", label: t("Handshake"), kind: "text" },
  { column: "subscriptions", label: t("Subscriptions"), kind: "words" },
  { column: "messages", label: t("Messages"), kind: "number" },
  { column: "bytes", label: t("Bytes"), kind: "number" },
  { column: "waiting", label: t("Waiting"), kind: "words" },
  { column: "open", label: t("Lifetime"), kind: "words" },
];

type TapFidelity = { readonly tap: TapState; readonly fidelity: Fidelity };
type LinksAnswer = { readonly picture: LinksPicture; readonly fidelity: readonly TapFidelity[] };

/** The Links tab: whether each tap passes on what it gets, and all links that there were. */
export class LinksTab extends Picture<LinksAnswer> {
  static override properties: PropertyDeclarations = {
    order: { state: true },
    choice: { state: true },
    shownLinks: { state: true },
    shownTaps: { state: true },
  };
  declare order: Order<LinkColumn>;
  declare choice: LinkChoice;
  declare shownLinks: number;
  declare shownTaps: number;

  constructor() {
    super();
    this.order = { by: "link", isDown: true };
    this.choice = "all";
    this.shownLinks = LINKS_AT_ONCE;
    this.shownTaps = TAPS_AT_ONCE;
  }

  protected override async read(asker: Asker): Promise<LinksAnswer> {
    // A tap that has not run has promised nothing yet; a SOCKS server's destinations are taps of their own.
    const taps = this.taps
      .filter(({ config, status }) => config.socks === undefined && status !== "starting" && status !== "failed")
      .slice(0, MAX_TAPS);
    const [picture, ...fidelity] = await Promise.all([
      asker.ask("picture/links", {}),
      ...taps.map(async (tap) => ({ tap, fidelity: await asker.ask("fidelity/read", { tap: tap.config.id }) })),
    ]);
    return { picture, fidelity };
  }

  protected override draw({ picture, fidelity }: LinksAnswer): TemplateResult {
    const { links, forgotten, nowMs } = picture;
    if (links.length === 0 && fidelity.length === 0) {
      return this.nothingYet(
        "plug",
        t(
          "No link yet. Each connection of a client through a tap is listed here, and stays in the list when it is closed.",
        ),
      );
    }
    const chosen = links.filter((link) => isChosen(link, this.choice));
    const inOrder = sorted(chosen, (link) => linkKey(link, this.order.by, nowMs), this.order.isDown);
    return html`${this.#fidelity(fidelity)}
      <section class="links" aria-label=${t("Links")}>
        <header class="picture-head">
          <h2 class="section-title">${t("Links")}</h2>
          <span class="picture-facts" id="links-count">${countText(links)}</span>
          <span class="spacer"></span>
          <div class="picture-choices" role="group" aria-label=${t("Which links are listed")}>
            ${LINK_CHOICES.map(
              (choice) =>
                html`<button
                  type="button"
                  class="tool-button toggle"
                  data-choice=${choice}
                  aria-pressed=${String(choice === this.choice)}
                  @click=${() => (this.choice = choice)}
                >
                  ${CHOICE_LABELS[choice]}
                </button>`,
            )}
          </div>
        </header>
        ${
          inOrder.length === 0
            ? html`<p class="quiet picture-note">
                ${links.length === 0 ? t("No link yet.") : t("No link of this kind.")}
              </p>`
            : this.#table(inOrder.slice(0, this.shownLinks), usedColumns(links), nowMs)
        }
        ${moreButton(
          inOrder.length - this.shownLinks,
          (left) => t("Show {0} more links", left),
          () => (this.shownLinks = inOrder.length),
        )}
        ${
          forgotten === 0
            ? nothing
            : html`<p class="quiet picture-note">
                ${t(
                  forgotten === 1
                    ? "{0} closed link is not listed any more."
                    : "{0} closed links are not listed any more.",
                  formatCount(forgotten),
                )}
              </p>`
        }
      </section>`;
  }

  #fidelity(taps: readonly TapFidelity[]): TemplateResult | typeof nothing {
    if (taps.length === 0) return nothing;
    // What fails is never behind a button.
    const inOrder = sorted(taps, ({ fidelity }) => Number(isFaithful(fidelity)), false);
    const failing = taps.filter(({ fidelity }) => !isFaithful(fidelity)).length;
    const shown = Math.max(this.shownTaps, failing);
    return html`<section class="fidelity" aria-label=${t("Fidelity")}>
      <header class="picture-head">
        <h2 class="section-title">${t("Fidelity")}</h2>
        <span class="picture-facts">
          ${
            failing === 0
              ? t("What comes in goes out, unchanged and counted")
              : t(failing === 1 ? "{0} tap does not add up" : "{0} taps do not add up", formatCount(failing))
          }
        </span>
      </header>
      <div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of fidelity")}>
        <table class="data-table fidelity-table">
          <caption class="visually-hidden">
            ${t("What each tap got and passed on")}
          </caption>
          <thead>
            <tr>
              <th scope="col">${t("Tap")}</th>
              <th scope="col">${t("Bytes to the server")}</th>
              <th scope="col">${t("Bytes to the client")}</th>
              <th scope="col">${t("Messages")}</th>
              <th
                scope="col"
                title=${t("How long what comes in takes to go out: half of it at most the first time, 99 of 100 at most the second")}
              >
                ${t("Added latency")}
              </th>
              <th
                scope="col"
                title=${t("How long a side was not read, since the other one did not take what it had sent")}
              >
                ${t("Held up")}
              </th>
            </tr>
          </thead>
          <tbody>
            ${inOrder.slice(0, shown).map(tapFidelity)}
          </tbody>
        </table>
      </div>
      ${moreButton(
        inOrder.length - shown,
        (left) => t("Show {0} more taps", left),
        () => (this.shownTaps = MAX_TAPS),
      )}
    </section>`;
  }

  #table(links: readonly LinkRow[], used: ReadonlySet<LinkColumn>, nowMs: number): TemplateResult {
    return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of links")}>
      <table class="data-table link-table">
        <caption class="visually-hidden">
          ${t("Links, open and closed ones")}
        </caption>
        <thead>
          <tr>
            ${COLUMNS.filter(({ column }) => used.has(column)).map(({ column, label, kind }) =>
              sortHeader(label, column, this.order, (order) => (this.order = order), kind),
            )}
          </tr>
        </thead>
        <tbody>
          ${repeat(
            links,
            ({ link }) => link,
            (link) => this.#link(link, used, nowMs),
          )}
        </tbody>
      </table>
    </div>`;
  }

  #link(row: LinkRow, used: ReadonlySet<LinkColumn>, nowMs: number): TemplateResult {
    const cells: Readonly<Record<LinkColumn, () => TemplateResult>> = {
      link: () => this.#number(row),
      tap: () => html`<td>${row.tapName}</td>`,
      client: () => endCell(row, "client"),
      server: () => endCell(row, "server"),
      handshake: () => verdictCell(row),
      subscriptions: () =>
        html`<td class="subscriptions-cell" title=${subscriptionsText(row, 20)}>${subscriptionsText(row)}</td>`,
      messages: () => bothWays(row.messages.map(formatCount)),
      bytes: () => bothWays(row.bytes.map(formatSize)),
      waiting: () =>
        html`<td class="waiting-cell">
          ${waitingLines(row).map((line) => html`<span class="cell-small">${line}</span>`)}
        </td>`,
      open: () => lifetimeCell(row, nowMs),
      findings: () => findingsCell(row),
    };
    return html`<tr class=${row.closedMs === null ? "link-row" : "link-row closed"} data-link=${row.link}>
      ${COLUMNS.map(({ column }) => (used.has(column) ? cells[column]() : nothing))}
    </tr>`;
  }

  #number({ link, origin }: LinkRow): TemplateResult {
    return html`<th scope="row" class="number">
      <button
        type="button"
        class="link-button row-link"
        title=${t("Show its messages in the log")}
        @click=${() => this.filter(writeEquals("conn", link))}
      >
        ${formatCount(link)}
      </button>
      ${origin === "wire" ? nothing : html`<span class="cell-small">${origin}</span>`}
    </th>`;
  }
}

function endCell(row: LinkRow, side: "client" | "server"): TemplateResult {
  const [what = "", ...where] = endLines(row, side);
  return html`<td class="end-cell">
    <span class="cell-line">${what}</span>${where.map((line) => html`<span class="cell-small">${line}</span>`)}
  </td>`;
}

function verdictCell(row: LinkRow): TemplateResult {
  return html`<td class="verdict-cell">
    <span class=${row.isProblem ? "cell-line problem-text" : "cell-line"}
      >${row.isProblem ? html`<span class="codicon codicon-error" aria-hidden="true"></span> ` : nothing}${row.verdict}</span
    ><span class="cell-small">${protocolText(row)}</span>
  </td>`;
}

function lifetimeCell(row: LinkRow, nowMs: number): TemplateResult {
  return html`<td class="lifetime-cell" title=${lifetimeTitle(row)}>
    <span class="cell-line">${formatDuration(lifetimeMs(row, nowMs))}</span
    ><span class="cell-small">${closedText(row)}</span>
  </td>`;
}

function findingsCell({ findings }: LinkRow): TemplateResult {
  return html`<td class="number">
    ${
      findings === 0
        ? nothing
        : html`<span class="finding-count"
            ><span class="codicon codicon-warning" aria-hidden="true"></span> ${formatCount(findings)}</span
          >`
    }
  </td>`;
}

/** A number for each direction, one below the other. */
function bothWays([up = "", down = ""]: readonly string[]): TemplateResult {
  return html`<td class="number both-ways">
    <span class="cell-line"
      ><span class="visually-hidden">${t("to the server")}</span>${up} <span aria-hidden="true">→</span></span
    >
    <span class="cell-line"
      ><span class="visually-hidden">${t("to the client")}</span>${down} <span aria-hidden="true">←</span></span
    >
  </td>`;
}

function tapFidelity({ tap, fidelity }: TapFidelity): TemplateResult {
  const faithful = isFaithful(fidelity);
  const rekeyed = rekeyedText(fidelity);
  return html`<tr class=${faithful ? "" : "unfaithful"} data-tap=${tap.config.name}>
      <th scope="row">
        <span class=${faithful ? "ok-text" : "problem-text"}
          ><span class="codicon codicon-${faithful ? "pass" : "error"}" aria-hidden="true"></span
          ><span class="visually-hidden">${faithful ? t("holds") : t("fails")}: </span></span
        >
        ${tap.config.name}
      </th>
      ${equations(fidelity).map(
        ({ text, holds }) =>
          html`<td class=${holds ? "" : "problem-text"}>
            ${holds ? nothing : html`<span class="codicon codicon-error" aria-hidden="true"></span> ${t("fails")}: `}${sides(text)}
          </td>`,
      )}
      <td>
        <span class="cell-line">${addedText(fidelity)}</span><span class="cell-small">${samplesText(fidelity)}</span>
      </td>
      <td>${heldUpText(fidelity)}</td>
    </tr>
    ${
      rekeyed === ""
        ? nothing
        : html`<tr>
            <td colspan="6" class="quiet rekeyed-cell">${rekeyed}</td>
          </tr>`
    }
    ${fidelity.problems.map(
      (problem) =>
        html`<tr class="unfaithful">
          <td colspan="6" class="problem-text">
            <span class="codicon codicon-error" aria-hidden="true"></span> ${problem}
          </td>
        </tr>`,
    )}`;
}

/** Both sides of an equation, which have a line each where there is little room. */
function sides(text: string): readonly TemplateResult[] {
  return text.split(/ (?=[=≠])/).map((side) => html`<span class="equation-side">${side}</span> `);
}

/** With a capital in front: of a state, what shows those that are in it. */
function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function countText(links: readonly LinkRow[]): string {
  const open = links.filter(({ closedMs }) => closedMs === null).length;
  return t("{0} open, {1} closed", formatCount(open), formatCount(links.length - open));
}

customElements.define("zmq-links", LinksTab);

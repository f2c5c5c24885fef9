import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { type FindingId, FINDINGS } from "../src/shared/findingKinds.ts";
import type { Finding, RowFinding } from "../src/shared/findings.ts";
import { SEVERITY_ICONS } from "./findingMarks.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";

/** What is asked of the page around it. */
export type FindingAsked =
  { readonly kind: "filter"; readonly id: FindingId } | { readonly kind: "explain"; readonly id: FindingId };

/** What was found about one row, with what to do. Reads it by itself, and again when `changes` or the row's findings change. */
export class RowFindings extends LitElement {
  static override properties = {
    asker: { attribute: false },
    n: { attribute: false },
    found: { attribute: false },
    findings: { state: true },
    failure: { state: true },
  };
  declare asker: Asker;
  declare n: number;
  declare found: RowFinding;
  declare findings: readonly Finding[];
  declare failure: string | null;

  constructor() {
    super();
    this.findings = [];
    this.failure = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("n") || changed.has("found")) void this.#read(this.n);
  }

  async #read(n: number): Promise<void> {
    try {
      const { findings } = await this.asker.ask("findings/read", {});
      if (n !== this.n) return;
      this.findings = findings.filter(({ evidence }) => evidence.includes(n));
      this.failure = null;
    } catch (error) {
      if (n === this.n) this.failure = failureText(error);
    }
  }

  override render(): TemplateResult {
    const { ids, severity } = this.found;
    return html`<section class="row-findings ${severity}" aria-label=${t("Findings")}>
      ${ids.map((id) =>
        this.#finding(
          id,
          this.findings.find((one) => one.id === id),
        ),
      )}
      ${this.failure === null ? nothing : html`<p class="problem-text" role="alert">${this.failure}</p>`}
    </section>`;
  }

  /** Of one that names other rows as its evidence by now, only what it is in general. */
  #finding(id: FindingId, finding: Finding | undefined): TemplateResult {
    const severity = finding?.severity ?? FINDINGS[id].severity;
    const { icon, word } = SEVERITY_ICONS[severity];
    return html`<div class="row-finding ${severity}">
      <h3 class="row-finding-title">
        <span class="codicon codicon-${icon}" aria-hidden="true"></span
        ><span class="visually-hidden">${word}: </span>${FINDINGS[id].title}
      </h3>
      ${finding === undefined ? nothing : html`<p class="row-finding-text">${finding.text}</p>`}
      ${finding === undefined || finding.advice === "" ? nothing : html`<p class="quiet">${finding.advice}</p>`}
      <p class="row-finding-links">
        <button type="button" class="link-button" @click=${() => this.#emit({ kind: "explain", id })}>
          ${t("What Does This Mean")}
        </button>
        <button type="button" class="link-button" @click=${() => this.#emit({ kind: "filter", id })}>
          ${t("Filter by This")}
        </button>
      </p>
    </div>`;
  }

  #emit(detail: FindingAsked): void {
    this.dispatchEvent(new CustomEvent<FindingAsked>("finding-asked", { detail }));
  }
}

customElements.define("zmq-row-findings", RowFindings);

import { html, nothing, type TemplateResult } from "lit";
import type { Row, SaidDetail } from "../src/shared/model.ts";
import { isFailure } from "./columns.ts";
import { KIND_WORDS, statusSentence } from "./saidWords.ts";
import "./valueTree.ts";
import { t } from "../src/shared/l10n.ts";

/** What a message says in its dialect: method, values, what went wrong, and who says that it is this dialect. */
export function says(row: Row, said: SaidDetail, onChoose: () => void): TemplateResult {
  const sentence = statusSentence(row);
  return html`<section class="says ${isFailure(row) ? "failed" : ""}" id="says" aria-labelledby="says-title">
    <h3 class="section-title" id="says-title">
      <span>${said.title}</span>
      <button type="button" class="link-button" id="set-dialect-button" title=${t("Set Dialect…")} @click=${onChoose}>
        ${said.isChosen ? t("chosen by you, change…") : t("detected, change…")}
      </button>
    </h3>
    ${
      said.unread === null
        ? html`<dl class="facts">
            ${text(t("Kind"), said.kind === null ? "" : KIND_WORDS[said.kind])} ${text(t("Method"), said.method)}
            ${value(t("Arguments"), said.args)} ${value(t("By name"), said.kwargs)} ${value(t("Value"), said.value)}
            ${text(t("Problem"), said.problem, "says-problem")} ${text(t("Code"), said.code)} ${text(t("Id"), said.id)}
            ${said.facts.map((fact) => text(fact.label, fact.value))}
            ${said.problem === "" ? text(t("Status"), sentence, isFailure(row) ? "says-problem" : "") : nothing}
          </dl>`
        : html`<p class="quiet note">${said.unread}</p>`
    }
  </section>`;
}

function text(label: string, words: string, look = ""): TemplateResult | typeof nothing {
  if (words === "") return nothing;
  return html`<dt>${label}</dt>
    <dd class=${look}>${words}</dd>`;
}

/** Nothing for what the dialect has none of, or that is empty. */
function value(label: string, json: string | null): TemplateResult | typeof nothing {
  if (json === null || json === "[]" || json === "{}") return nothing;
  return html`<dt>${label}</dt>
    <dd><zmq-value-tree .json=${json}></zmq-value-tree></dd>`;
}

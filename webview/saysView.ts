import { html, nothing, type TemplateResult } from "lit";
import type { Row, SaidDetail } from "../src/shared/model.ts";
import { isFailure } from "./columns.ts";
import { KIND_WORDS, statusSentence } from "./saidWords.ts";
import "./valueTree.ts";

/** What a message says in its dialect: method, values, what went wrong, and who says that it is this dialect. */
export function says(row: Row, said: SaidDetail, onChoose: () => void): TemplateResult {
  const sentence = statusSentence(row);
  return html`<section class="says ${isFailure(row) ? "failed" : ""}" id="says" aria-labelledby="says-title">
    <h3 class="section-title" id="says-title">
      <span>${said.title}</span>
      <button type="button" class="link-button" id="set-dialect-button" title="Set Dialect…" @click=${onChoose}>
        ${said.isChosen ? "chosen by you" : "detected"}, change…
      </button>
    </h3>
    ${
      said.unread === null
        ? html`<dl class="facts">
            ${text("Kind", said.kind === null ? "" : KIND_WORDS[said.kind])} ${text("Method", said.method)}
            ${value("Arguments", said.args)} ${value("By name", said.kwargs)} ${value("Value", said.value)}
            ${text("Problem", said.problem, "says-problem")} ${text("Code", said.code)} ${text("Id", said.id)}
            ${said.facts.map((fact) => text(fact.label, fact.value))}
            ${said.problem === "" ? text("Status", sentence, isFailure(row) ? "says-problem" : "") : nothing}
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

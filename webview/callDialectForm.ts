import { html, nothing, type TemplateResult } from "lit";
import { type FormProblem, MAX_TYPED_ARGS } from "../src/shared/callForm.ts";
import type { DialectField, DialectInfo } from "../src/shared/dialects.ts";
import { codeArea, iconButton, problemLine, selectField, textField, toolButton } from "./callControls.ts";
import type { CallDraft } from "./callDraft.ts";
import { t } from "../src/shared/l10n.ts";

export type DialectFormActions = {
  readonly onChange: (part: Partial<CallDraft>) => void;
  readonly onSecret: (name: string, text: string) => void;
};

/** The form of a dialect: method, arguments and what else the dialect has. */
export function callDialectForm(
  form: CallDraft,
  info: DialectInfo,
  parts: {
    /** Methods that were seen, for completion. */
    readonly methods: readonly string[];
    readonly secrets: CallDraft["fields"];
    readonly problems: readonly FormProblem[];
  },
  { onChange, onSecret }: DialectFormActions,
): TemplateResult {
  const problemOf = (part: string): string | null =>
    parts.problems.find((problem) => problem.part === part)?.problem ?? null;
  return html`<div class="call-dialect-form" id="call-dialect-form">
    <p class="quiet call-meaning">${info.meaning}</p>
    <label class="field field-method">
      <span class="field-label">${t("Method")}</span>
      <input
        class="text-input call-method"
        id="call-method"
        type="text"
        list="call-methods"
        spellcheck="false"
        autocomplete="off"
        .value=${form.method}
        @input=${(event: Event) => onChange({ method: (event.target as HTMLInputElement).value })}
      />
      <datalist id="call-methods">${parts.methods.map((method) => html`<option value=${method}></option>`)}</datalist>
    </label>
    ${info.takesArgs ? argumentList(form.args, problemOf, (args) => onChange({ args })) : nothing}
    ${
      info.takesKwargs
        ? html`<div class="field call-kwargs">
            <span class="field-label" aria-hidden="true">${t("Arguments by name, a JSON object")}</span>
            ${codeArea(
              {
                id: "call-kwargs",
                label: t("Arguments by name, a JSON object"),
                value: form.kwargs,
                placeholder: '{"name": "value"}',
                minLines: 2,
                isInvalid: problemOf("kwargs") !== null,
              },
              (kwargs) => onChange({ kwargs }),
            )}
            ${problemLine(problemOf("kwargs"))}
          </div>`
        : nothing
    }
    ${
      info.fields.length === 0
        ? nothing
        : html`<div class="call-row call-fields">
            ${info.fields.map((field) =>
              field.kind === "secret"
                ? fieldControl(field, parts.secrets[field.name] ?? "", null, (text) => onSecret(field.name, text))
                : fieldControl(field, form.fields[field.name] ?? "", problemOf(`fields.${field.name}`), (text) =>
                    onChange({ fields: { ...form.fields, [field.name]: text } }),
                  ),
            )}
          </div>`
    }
  </div>`;
}

function argumentList(
  args: readonly string[],
  problemOf: (part: string) => string | null,
  onChange: (args: readonly string[]) => void,
): TemplateResult {
  return html`<div class="call-args" role="group" aria-label=${t("Arguments")}>
    <span class="field-label" aria-hidden="true">${t("Arguments, each as JSON")}</span>
    ${args.map((text, index) => {
      const problem = text === "" ? null : problemOf(`args.${index}`);
      return html`<div class="call-arg">
        <span class="call-arg-number" aria-hidden="true">${index + 1}</span>
        <div class="call-arg-text">
          ${codeArea(
            {
              id: `call-arg-${index}`,
              label: t("Argument {0} as JSON", index + 1),
              value: text,
              placeholder: '2, "text", {"a": [1]} …',
              minLines: 1,
              isInvalid: problem !== null,
            },
            (typed) => onChange(args.map((one, i) => (i === index ? typed : one))),
          )}
          ${problemLine(problem)}
        </div>
        ${iconButton({ icon: "trash", label: t("Remove argument {0}", index + 1), kind: "call-remove" }, () =>
          onChange(args.filter((_, i) => i !== index)),
        )}
      </div>`;
    })}
    ${toolButton(
      { icon: "add", text: t("Add Argument"), id: "call-add-arg", isDisabled: args.length >= MAX_TYPED_ARGS },
      () => onChange([...args, ""]),
    )}
  </div>`;
}

const UNSET = { value: "", text: t("Default") };

function fieldControl(
  field: DialectField,
  value: string,
  problem: string | null,
  onChange: (text: string) => void,
): TemplateResult {
  const { name, label, kind, choices = [], hint } = field;
  const id = `call-field-${name}`;
  const place = "field-own";
  switch (kind) {
    case "choice":
    case "boolean": {
      const words = kind === "boolean" ? ["true", "false"] : choices;
      const options = [UNSET, ...words.map((word) => ({ value: word, text: word }))];
      return html`<div class="field-hinted" title=${hint}>
        ${selectField({ id, label, spoken: `${label}: ${hint}`, place, value, options, problem }, onChange)}
      </div>`;
    }
    case "text":
    case "json":
    case "secret":
      return html`<div class="field-hinted" title=${hint}>
        ${textField(
          {
            id,
            label,
            spoken: `${label}: ${hint}`,
            place,
            value,
            placeholder: kind === "json" ? "JSON" : "",
            type: kind === "secret" ? "password" : "text",
            problem: value === "" ? null : problem,
          },
          onChange,
        )}
      </div>`;
  }
}

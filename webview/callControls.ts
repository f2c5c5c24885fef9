import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import "@vscode-elements/elements/dist/vscode-textfield/index.js";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

/** The fields that the Call form is made of. */

export type Option = { readonly value: string; readonly text: string };

type Field = {
  readonly id: string;
  /** Shown above the field, and said of it. */
  readonly label: string;
  /** Said in place of the label where that is short for the eye. */
  readonly spoken?: string;
  /** Class of its place in the form. */
  readonly place: string;
  /** Shown below it. */
  readonly problem?: string | null;
};

export function selectField(
  field: Field & { readonly value: string; readonly options: readonly Option[] },
  onChange: (value: string) => void,
): TemplateResult {
  const { id, label, spoken = label, place, value, options, problem = null } = field;
  return html`<div class=${`field ${place}`}>
    <span class="field-label" aria-hidden="true">${label}</span>
    <vscode-single-select
      id=${id}
      label=${spoken}
      data-value=${value}
      .value=${value}
      @change=${(event: Event) => onChange(inputValue(event))}
    >
      ${repeat(
        options,
        // The component reads the text of an option when it comes, so one with another text is another option.
        (option) => `${option.value} ${option.text}`,
        (option) =>
          html`<vscode-option value=${option.value} ?selected=${option.value === value}>${option.text}</vscode-option>`,
      )}
    </vscode-single-select>
    ${problemLine(problem)}
  </div>`;
}

export function textField(
  field: Field & {
    readonly value: string;
    readonly placeholder?: string;
    readonly type?: "text" | "password";
    readonly isNumber?: boolean;
  },
  onInput: (value: string) => void,
): TemplateResult {
  const { id, label, spoken = label, place, value, placeholder = "", type = "text", isNumber = false, problem } = field;
  return html`<div class=${`field ${place}`}>
    <span class="field-label" aria-hidden="true">${label}</span>
    <vscode-textfield
      id=${id}
      .label=${spoken}
      type=${type}
      inputmode=${isNumber ? "decimal" : "text"}
      placeholder=${placeholder}
      spellcheck="false"
      autocomplete="off"
      .value=${value}
      ?invalid=${problem != null}
      @input=${(event: Event) => onInput(inputValue(event))}
    ></vscode-textfield>
    ${problemLine(problem ?? null)}
  </div>`;
}

/** A text of several lines, as high as it needs to be. */
export function codeArea(
  area: {
    readonly id?: string;
    readonly label: string;
    readonly value: string;
    readonly placeholder: string;
    readonly minLines: number;
    readonly isInvalid: boolean;
  },
  onInput: (value: string) => void,
): TemplateResult {
  const lines = Math.min(MAX_LINES, Math.max(area.minLines, area.value.split("\n").length));
  return html`<textarea
    id=${area.id ?? nothing}
    class="text-input call-text"
    aria-label=${area.label}
    aria-invalid=${String(area.isInvalid)}
    spellcheck="false"
    autocomplete="off"
    rows=${lines}
    placeholder=${area.placeholder}
    .value=${area.value}
    @input=${(event: Event) => onInput(inputValue(event))}
  ></textarea>`;
}

const MAX_LINES = 16;

export function problemLine(problem: string | null): TemplateResult | typeof nothing {
  return problem === null ? nothing : html`<p class="problem-text field-problem" role="status">${problem}</p>`;
}

export function iconButton(
  button: { readonly icon: string; readonly label: string; readonly kind: string; readonly isDisabled?: boolean },
  onClick: () => void,
): TemplateResult {
  return html`<button
    type="button"
    class=${`icon-button ${button.kind}`}
    title=${button.label}
    aria-label=${button.label}
    ?disabled=${button.isDisabled === true}
    @click=${onClick}
  >
    <span class=${`codicon codicon-${button.icon}`} aria-hidden="true"></span>
  </button>`;
}

export function toolButton(
  button: {
    readonly icon: string;
    readonly text: string;
    readonly id: string;
    readonly isDisabled?: boolean;
    readonly isOpen?: boolean;
  },
  onClick: () => void,
): TemplateResult {
  return html`<button
    type="button"
    class="tool-button"
    id=${button.id}
    aria-expanded=${button.isOpen === undefined ? nothing : String(button.isOpen)}
    ?disabled=${button.isDisabled === true}
    @click=${onClick}
  >
    <span class=${`codicon codicon-${button.icon}`} aria-hidden="true"></span> ${button.text}
  </button>`;
}

function inputValue(event: Event): string {
  return (event.target as HTMLInputElement).value;
}

/** A number that is typed; NaN for what is none. */
export function toNumber(text: string): number {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
}

export function numberText(number: number): string {
  return Number.isNaN(number) ? "" : String(number);
}

import { html, type TemplateResult } from "lit";
import { type CallFrame, FRAME_FORMATS, type FrameFormat } from "../src/shared/viewProtocol.ts";
import { codeArea, iconButton, problemLine, toolButton } from "./callControls.ts";
import { frameBytes, frameProblem, MAX_CALL_FRAMES } from "./callDraft.ts";
import { formatSize } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

const FORMAT_WORDS: Readonly<Record<FrameFormat, string>> = {
  text: t("Text"),
  json: "JSON",
  msgpack: "MessagePack",
  hex: "Hex",
};
const MIN_LINES = 3;

type Change = (frames: readonly CallFrame[]) => void;

/** The frames of a call without a dialect, each typed in a format of its own. */
export function callFrames(frames: readonly CallFrame[], onChange: Change): TemplateResult {
  return html`<div class="call-frames" id="call-frames">
    ${frames.map((frame, index) => frameEditor(frames, frame, index, onChange))}
    ${toolButton(
      { icon: "add", text: t("Add Frame"), id: "call-add-frame", isDisabled: frames.length >= MAX_CALL_FRAMES },
      () => onChange([...frames, { format: frames.at(-1)?.format ?? "text", text: "" }]),
    )}
  </div>`;
}

function frameEditor(frames: readonly CallFrame[], frame: CallFrame, index: number, onChange: Change): TemplateResult {
  const problem = frame.text === "" ? null : frameProblem(frame);
  const set = (part: Partial<CallFrame>): void =>
    onChange(frames.map((one, i) => (i === index ? { ...one, ...part } : one)));
  return html`<section class="frame call-frame" data-frame=${index} aria-label=${t("Frame {0}", index)}>
    <header class="frame-head">
      <span class="frame-name">${t("Frame {0}", index)}</span>
      <span class="frame-size">${sizeText(frame)}</span>
      <span class="spacer"></span>
      <vscode-single-select
        class="decoder-select call-format"
        label=${t("Format of frame {0}", index)}
        .value=${frame.format}
        @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          const format = FRAME_FORMATS.find((known) => known === value);
          if (format !== undefined) set({ format });
        }}
      >
        ${FRAME_FORMATS.map((format) => html`<vscode-option value=${format}>${FORMAT_WORDS[format]}</vscode-option>`)}
      </vscode-single-select>
      ${iconButton(
        { icon: "trash", label: t("Remove frame {0}", index), kind: "call-remove", isDisabled: frames.length === 1 },
        () => onChange(frames.filter((_, i) => i !== index)),
      )}
    </header>
    ${codeArea(
      {
        label: t("Frame {0}", index),
        value: frame.text,
        placeholder: placeholder(frame.format),
        minLines: MIN_LINES,
        isInvalid: problem !== null,
      },
      (text) => set({ text }),
    )}
    ${problemLine(problem)}
  </section>`;
}

function placeholder(format: FrameFormat): string {
  switch (format) {
    case "text":
      return t("Text, sent as UTF-8. Nothing typed is an empty frame.");
    case "json":
      return '{"method": "add", "args": [2, 3]}';
    case "msgpack":
      return '{"typed as": "JSON, sent as MessagePack"}';
    case "hex":
      return "01 ff 00 …";
  }
}

function sizeText(frame: CallFrame): string {
  const sizeBytes = frameBytes(frame);
  return sizeBytes === null ? "" : formatSize(sizeBytes);
}

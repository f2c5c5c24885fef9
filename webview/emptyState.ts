import "@vscode-elements/elements/dist/vscode-button/index.js";
import { html, nothing, type TemplateResult } from "lit";
import { clientEndpoint } from "../src/shared/endpoint.ts";
import type { TapState } from "../src/shared/model.ts";
import { socksAddress, socksLines } from "../src/shared/socks.ts";
import type { ViewCommand } from "../src/shared/viewProtocol.ts";
import { formatCount } from "./format.ts";
import { t } from "../src/shared/l10n.ts";
import { rich } from "./rich.ts";

const MAX_TAPS_TOLD = 4;

export type EmptyData = {
  readonly taps: readonly TapState[];
  /** A sentence for each bridge. */
  readonly bridges: readonly string[];
  readonly isTrusted: boolean;
  readonly onRun: (command: ViewCommand) => void;
  readonly onCopy: (text: string) => void;
};

/** What stands in place of the rows while there are none: why, and what to do next. */
export function emptyState(data: EmptyData): TemplateResult {
  const { taps, bridges, isTrusted, onRun } = data;
  if (!isTrusted) {
    return frame(
      "untrusted",
      "shield",
      html`<p>
        ${t("This workspace is not trusted, so no tap listens and nothing is sent. Trust the workspace to attach a tap.")}
      </p>`,
    );
  }
  if (taps.length + bridges.length === 0) {
    return frame(
      "no-taps",
      "radio-tower",
      html`<p>${t("No tap yet. A tap stands between a ZeroMQ client and its server and shows every message.")}</p>
        <div class="empty-actions">
          <vscode-button id="empty-attach" @click=${() => onRun("zmqTap.attach")}>${t("Attach ZMQ Tap")}</vscode-button>
          <vscode-button id="empty-demo" secondary @click=${() => onRun("zmqTap.startDemo")}
            >${t("Start Demo")}</vscode-button
          >
        </div>`,
    );
  }
  const sentences = [
    ...taps.map((tap) => tapSentence(tap, data)),
    ...bridges.map((sentence) => html`<p>${sentence}</p>`),
  ];
  const more = sentences.length - MAX_TAPS_TOLD;
  return frame(
    "no-rows",
    "pulse",
    html`${sentences.slice(0, MAX_TAPS_TOLD)}
    ${more > 0 ? html`<p class="quiet">${t("and {0} more.", formatCount(more))}</p>` : nothing}`,
  );
}

/** What stands in place of the rows of an opened file that has none. */
export function fileEmptyState(text: string): TemplateResult {
  return frame("file", "file-binary", html`<p>${text}</p>`);
}

function frame(name: string, icon: string, content: TemplateResult): TemplateResult {
  return html`<div class="empty" id="empty-${name}">
    <span class="codicon codicon-${icon} empty-icon" aria-hidden="true"></span>
    ${content}
  </div>`;
}

function tapSentence(tap: TapState, { onCopy }: EmptyData): TemplateResult {
  const name = html`<strong>${tap.config.name}</strong>`;
  const links = tap.links.length + tap.moreLinks;
  if (tap.config.socks !== undefined && tap.status === "listening") return socksSentence(tap, onCopy);
  if (tap.config.door !== undefined && tap.status === "listening" && links === 0)
    return html`<p>${rich("{0} has no link just now.", name)}</p>`;
  switch (tap.status) {
    case "starting":
      return html`<p>${rich("{0} is starting.", name)}</p>`;
    case "stopped":
      return html`<p>${rich("{0} is stopped.", name)}</p>`;
    case "failed":
      return html`<p class="problem-text">${name}: ${tap.problem ?? t("failed to start.")}</p>`;
    case "server-down":
      return html`<p>
        ${rich("{0} waits for its server: nothing answers at {1}.", name, html`<code>${tap.config.server}</code>`)}
      </p>`;
    case "listening":
      if (links > 0) {
        return html`<p>
          ${rich(
            links === 1
              ? "{0} has {1} open link, and no message came yet."
              : "{0} has {1} open links, and no message came yet.",
            name,
            formatCount(links),
          )}
        </p>`;
      }
      return waitingSentence(tap.config.server, clientEndpoint(tap.config.server, tap.listening), onCopy);
  }
}

function waitingSentence(server: string, endpoint: string, onCopy: EmptyData["onCopy"]): TemplateResult {
  return html`<p>
    ${rich(
      "Listening on {0} — no client yet. Point your client here instead of {1}. {2}",
      html`<code>${endpoint}</code>`,
      html`<code>${server}</code>`,
      copyButton(endpoint, onCopy),
    )}
  </p>`;
}

function socksSentence({ config, listening, socks }: TapState, onCopy: EmptyData["onCopy"]): TemplateResult {
  if ((socks?.connections ?? 0) > 0)
    return html`<p>${rich("{0} is in use, and no message came yet.", html`<strong>${config.name}</strong>`)}</p>`;
  const [python] = socksLines(listening);
  const line = python?.line ?? "";
  return html`<p>
    ${rich(
      "SOCKS server on {0} — no program came yet. Write this line in front of {1}, in Python, or its like: {2}",
      html`<code>${socksAddress(listening)}</code>`,
      html`<code>connect</code>`,
      html`<code>${line}</code>`,
    )}
    ${copyButton(line, onCopy, t("Copy the Line"))}
  </p>`;
}

function copyButton(text: string, onCopy: EmptyData["onCopy"], words = t("Copy {0}", text)): TemplateResult {
  return html`<button type="button" class="link-button empty-copy" @click=${() => onCopy(text)}>
    <span class="codicon codicon-copy" aria-hidden="true"></span> ${words}
  </button>`;
}

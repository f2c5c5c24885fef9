import { html, nothing, type TemplateResult } from "lit";
import type { FileStats } from "../src/shared/model.ts";
import { formatCount } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

/** The name of an opened file, that it can only be read, and how far it was read. */
export function fileLine(name: string, file: FileStats | null): TemplateResult {
  const progress = file === null ? "" : readingText(file);
  const conversations = file === null ? "" : conversationsText(file);
  return html`<header class="file-line" id="file-line">
    <span class="codicon codicon-file-binary" aria-hidden="true"></span>
    <h2 class="file-name" title=${name}>${name}</h2>
    <span class="badge">${t("read-only")}</span>
    ${progress === "" ? nothing : html`<span class="quiet" id="file-progress" role="status">${progress}</span>`}
    ${conversations === "" ? nothing : html`<span class="quiet" id="file-conversations">${conversations}</span>`}
  </header>`;
}

/** `reading 34 %` as long as the file is being read. */
export function readingText({ isDone, readBytes, totalBytes }: FileStats): string {
  if (isDone) return "";
  const share = totalBytes === 0 ? 0 : Math.min(99, Math.floor((100 * readBytes) / totalBytes));
  return t("reading {0} %", share);
}

/** How many conversations of the file are ZeroMQ's, where they are not all. */
export function conversationsText({ conversations, zmtpConversations }: FileStats): string {
  if (conversations === 0) return "";
  const all = t(conversations === 1 ? "{0} TCP conversation" : "{0} TCP conversations", formatCount(conversations));
  if (zmtpConversations === conversations) return all;
  return zmtpConversations === 0
    ? t("{0}, none of them ZeroMQ", all)
    : t("{0}, {1} of them ZeroMQ", all, formatCount(zmtpConversations));
}

/** What stands in place of the rows of a file that has none; empty while it may still have some. */
export function noRowsText(file: FileStats | null): string {
  if (file === null) return "";
  if (!file.isDone) return t("Reading the file; no ZeroMQ traffic was found in it so far.");
  if (file.conversations === 0)
    return t("This file has no TCP conversation in it, so there is no ZeroMQ traffic to show.");
  return t("This file has no ZeroMQ traffic to show: {0}.", conversationsText(file));
}

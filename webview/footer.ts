import { html, nothing, type TemplateResult } from "lit";
import type { CaptureStats } from "../src/shared/model.ts";
import { formatCount, formatMemory } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

export type FooterData = {
  readonly stats: CaptureStats;
  /** Heartbeats are left out of the list. */
  readonly isFoldingHeartbeats: boolean;
  readonly selectedRows: number;
  readonly isFollowing: boolean;
  readonly isNarrow: boolean;
  readonly onFollow: () => void;
  /** Asks what the keys of the list do. */
  readonly onKeys: () => void;
};

/** The honest counters, and whether the list stays with the newest row. A file has neither a rate nor a limit. */
export function footer({
  stats,
  isFoldingHeartbeats,
  selectedRows,
  isFollowing,
  isNarrow,
  onFollow,
  onKeys,
}: FooterData): TemplateResult {
  const isLive = stats.file === null;
  const rate = formatCount(Math.round(stats.messagesPerSecond));
  const memory = memoryText(stats);
  const disk = diskText(stats);
  return html`<footer class="footer" id="footer">
    <span class="footer-counts" id="footer-counts" title=${countsTitle(stats)}>${countsText(stats, isNarrow)}</span>
    ${
      !isFoldingHeartbeats || stats.heartbeats === 0
        ? nothing
        : html`<span id="footer-folded" title=${heartbeatsSentence(stats)}
            >${foldedText(stats.heartbeats, isNarrow)}</span
          >`
    }
    ${isNarrow || !isLive ? nothing : html`<span class="footer-memory" title=${t("Memory used by the capture")}>${memory}</span>`}
    ${
      isNarrow || disk === ""
        ? nothing
        : html`<span class="footer-disk" id="footer-disk" title=${diskTitle(stats)}>${disk}</span>`
    }
    ${
      isLive
        ? html`<span
            class="footer-rate"
            title=${t("Messages per second; capture {0}", disk === "" ? memory : `${memory}, ${disk}`)}
            >${isNarrow ? `${rate}/s` : t("{0} msg/s", rate)}</span
          >`
        : nothing
    }
    ${selectedRows < 2 ? nothing : html`<span id="footer-selected" role="status">${t("{0} selected", formatCount(selectedRows))}</span>`}
    <span class="spacer"></span>
    <button
      type="button"
      class="icon-button footer-keys"
      id="keys-button"
      title=${t("Keys of the list (?)")}
      aria-label=${t("Keys of the list")}
      @click=${onKeys}
    >
      <span class="codicon codicon-keyboard" aria-hidden="true"></span>
    </button>
    ${isLive ? followButton(isFollowing, isNarrow, onFollow) : nothing}
  </footer>`;
}

function foldedText(heartbeats: number, isNarrow: boolean): string {
  const count = formatCount(heartbeats);
  if (isNarrow) return t("{0} folded", count);
  return t(heartbeats === 1 ? "{0} heartbeat folded" : "{0} heartbeats folded", count);
}

/** `seen = kept + evicted`, and of those evicted what never got to the disk. Narrow, and of a file, only what adds up to more. */
export function countsText({ file, seen, kept, evicted, unwritten }: CaptureStats, isNarrow: boolean): string {
  if ((file !== null || isNarrow) && evicted === 0) return t(kept === 1 ? "{0} row" : "{0} rows", formatCount(kept));
  const counts = t("{0} seen = {1} kept + {2} evicted", formatCount(seen), formatCount(kept), formatCount(evicted));
  return unwritten === 0 ? counts : `${counts} (${t("{0} not written to disk in time", formatCount(unwritten))})`;
}

function countsTitle({ file, pinned, copies, copyBytes }: CaptureStats): string {
  const parts = [file === null ? t("Rows seen since the log was started or cleared.") : t("Rows of the file.")];
  if (file === null) parts.push(t("The oldest are evicted when memory and disk space for the capture are full."));
  if (pinned > 0) parts.push(t(pinned === 1 ? "{0} row is pinned." : "{0} rows are pinned.", formatCount(pinned)));
  if (copies > 0) parts.push(copiesSentence({ copies, copyBytes }));
  return parts.join(" ");
}

/** What heartbeats come to. */
export function heartbeatsSentence({ heartbeats }: Pick<CaptureStats, "heartbeats">): string {
  return t(
    heartbeats === 1
      ? "{0} row is a heartbeat or the answer to one."
      : "{0} rows are heartbeats or the answers to one.",
    formatCount(heartbeats),
  );
}

/** What further copies of publications come to. */
export function copiesSentence({ copies, copyBytes }: Pick<CaptureStats, "copies" | "copyBytes">): string {
  return t(
    copies === 1
      ? "{0} row is a further copy of a publication that went to several subscribers, {1} in all."
      : "{0} rows are further copies of a publication that went to several subscribers, {1} in all.",
    formatCount(copies),
    formatMemory(copyBytes),
  );
}

/** `61 MiB of 256 MiB`. */
function memoryText({ usedBytes, maxBytes }: CaptureStats): string {
  return t("{0} of {1}", formatMemory(usedBytes), formatMemory(maxBytes));
}

/** `1.2 GiB on disk`, empty when there is nothing. */
export function diskText({ diskBytes }: CaptureStats): string {
  return diskBytes === 0 ? "" : t("{0} on disk", formatMemory(diskBytes));
}

function diskTitle({ maxDiskBytes }: CaptureStats): string {
  return maxDiskBytes === 0
    ? t("What did not fit in memory any more")
    : t("What did not fit in memory any more; at most {0} are used", formatMemory(maxDiskBytes));
}

function followButton(isFollowing: boolean, isNarrow: boolean, onFollow: () => void): TemplateResult {
  return html`<button
    type="button"
    class="footer-follow ${isFollowing ? "on" : ""}"
    id="follow-button"
    aria-pressed=${String(isFollowing)}
    aria-label=${isFollowing ? t("Following") : t("Follow")}
    title=${isFollowing ? t("Following the newest message (End)") : t("Follow the newest message (End)")}
    @click=${onFollow}
  >
    <span class="codicon codicon-${isFollowing ? "arrow-circle-down" : "arrow-down"}" aria-hidden="true"></span>
    ${isNarrow ? nothing : isFollowing ? t("Following") : t("Follow")}
  </button>`;
}

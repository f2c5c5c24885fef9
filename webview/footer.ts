import { html, nothing, type TemplateResult } from "lit";
import type { CaptureStats } from "../src/shared/model.ts";
import { formatCount, formatMemory, formatPlural } from "./format.ts";

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
    <span class="footer-counts" id="footer-counts" title=${countsTitle(stats)}>${countsText(stats)}</span>
    ${
      !isFoldingHeartbeats || stats.heartbeats === 0
        ? nothing
        : html`<span id="footer-folded" title=${heartbeatsSentence(stats)}
            >${isNarrow ? formatCount(stats.heartbeats) : formatPlural(stats.heartbeats, "heartbeat")} folded</span
          >`
    }
    ${isNarrow || !isLive ? nothing : html`<span class="footer-memory" title="Memory used by the capture">${memory}</span>`}
    ${
      isNarrow || disk === ""
        ? nothing
        : html`<span class="footer-disk" id="footer-disk" title=${diskTitle(stats)}>${disk}</span>`
    }
    ${
      isLive
        ? html`<span
            class="footer-rate"
            title=${`Messages per second; capture ${memory}${disk === "" ? "" : `, ${disk}`}`}
            >${rate}${isNarrow ? "/s" : " msg/s"}</span
          >`
        : nothing
    }
    ${selectedRows < 2 ? nothing : html`<span id="footer-selected" role="status">${formatCount(selectedRows)} selected</span>`}
    <span class="spacer"></span>
    <button
      type="button"
      class="icon-button footer-keys"
      id="keys-button"
      title="Keys of the list (?)"
      aria-label="Keys of the list"
      @click=${onKeys}
    >
      <span class="codicon codicon-keyboard" aria-hidden="true"></span>
    </button>
    ${isLive ? followButton(isFollowing, isNarrow, onFollow) : nothing}
  </footer>`;
}

/** `seen = kept + evicted`, and of those evicted what never got to the disk. */
export function countsText({ file, seen, kept, evicted, unwritten }: CaptureStats): string {
  if (file !== null && evicted === 0) return formatPlural(kept, "row");
  const lost = unwritten === 0 ? "" : ` (${formatCount(unwritten)} not written to disk in time)`;
  return `${formatCount(seen)} seen = ${formatCount(kept)} kept + ${formatCount(evicted)} evicted${lost}`;
}

function countsTitle({ file, pinned, copies, copyBytes }: CaptureStats): string {
  const parts = [file === null ? "Rows seen since the log was started or cleared." : "Rows of the file."];
  if (file === null) parts.push("The oldest are evicted when memory and disk space for the capture are full.");
  if (pinned > 0) parts.push(`${formatPlural(pinned, "row is", "rows are")} pinned.`);
  if (copies > 0) parts.push(copiesSentence({ copies, copyBytes }));
  return parts.join(" ");
}

/** What heartbeats come to. */
export function heartbeatsSentence({ heartbeats }: Pick<CaptureStats, "heartbeats">): string {
  return `${formatPlural(heartbeats, "row is a heartbeat or the answer", "rows are heartbeats or the answers")} to one.`;
}

/** What further copies of publications come to. */
export function copiesSentence({ copies, copyBytes }: Pick<CaptureStats, "copies" | "copyBytes">): string {
  const what = formatPlural(copies, "row is a further copy", "rows are further copies");
  return `${what} of a publication that went to several subscribers, ${formatMemory(copyBytes)} in all.`;
}

/** `61 MiB of 256 MiB`. */
function memoryText({ usedBytes, maxBytes }: CaptureStats): string {
  return `${formatMemory(usedBytes)} of ${formatMemory(maxBytes)}`;
}

/** `1.2 GiB on disk`, empty when there is nothing. */
export function diskText({ diskBytes }: CaptureStats): string {
  return diskBytes === 0 ? "" : `${formatMemory(diskBytes)} on disk`;
}

function diskTitle({ maxDiskBytes }: CaptureStats): string {
  const limit = maxDiskBytes === 0 ? "" : `; at most ${formatMemory(maxDiskBytes)} are used`;
  return `What did not fit in memory any more${limit}`;
}

function followButton(isFollowing: boolean, isNarrow: boolean, onFollow: () => void): TemplateResult {
  return html`<button
    type="button"
    class="footer-follow ${isFollowing ? "on" : ""}"
    id="follow-button"
    aria-pressed=${String(isFollowing)}
    aria-label=${isFollowing ? "Following" : "Follow"}
    title=${isFollowing ? "Following the newest message (End)" : "Follow the newest message (End)"}
    @click=${onFollow}
  >
    <span class="codicon codicon-${isFollowing ? "arrow-circle-down" : "arrow-down"}" aria-hidden="true"></span>
    ${isNarrow ? nothing : isFollowing ? "Following" : "Follow"}
  </button>`;
}

import { html, nothing, type TemplateResult } from "lit";
import type { CaptureStats } from "../src/shared/model.ts";
import { formatCount, formatMemory } from "./format.ts";

export type FooterData = {
  readonly stats: CaptureStats;
  readonly isFollowing: boolean;
  readonly isNarrow: boolean;
  readonly onFollow: () => void;
};

/** The honest counters, and whether the list stays with the newest row. */
export function footer({ stats, isFollowing, isNarrow, onFollow }: FooterData): TemplateResult {
  const rate = formatCount(Math.round(stats.messagesPerSecond));
  const memory = `${formatMemory(stats.usedBytes)} of ${formatMemory(stats.maxBytes)}`;
  return html`<footer class="footer" id="footer">
    <span class="footer-counts" id="footer-counts" title="Rows seen since the log was started or cleared">
      ${formatCount(stats.seen)} seen = ${formatCount(stats.kept)} kept + ${formatCount(stats.evicted)} evicted
    </span>
    ${isNarrow ? nothing : html`<span class="footer-memory" title="Memory used by the capture">${memory}</span>`}
    <span class="footer-rate" title=${`Messages per second; capture ${memory}`}
      >${rate}${isNarrow ? "/s" : " msg/s"}</span
    >
    <span class="spacer"></span>
    <button
      type="button"
      class="footer-follow ${isFollowing ? "on" : ""}"
      id="follow-button"
      aria-pressed=${String(isFollowing)}
      aria-label=${isFollowing ? "Following" : "Follow"}
      title=${isFollowing ? "Following the newest message (F)" : "Follow the newest message (F)"}
      @click=${onFollow}
    >
      <span class="codicon codicon-${isFollowing ? "pinned" : "arrow-down"}" aria-hidden="true"></span>
      ${isNarrow ? nothing : isFollowing ? "Following" : "Follow"}
    </button>
  </footer>`;
}

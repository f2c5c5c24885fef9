import "@vscode-elements/elements/dist/vscode-button/index.js";
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, TapState } from "../src/shared/model.ts";
import type { ViewCommand } from "../src/shared/viewProtocol.ts";
import { Refresher } from "./refresher.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";

/**
 * A tab of the inspector that is drawn from what the engine has counted. While it is shown it asks anew as the capture grows,
 * at most twice a second, and keeps the last answer; while it is hidden nothing runs. The page around it sets `asker`, `taps`,
 * `stats` and `isShown`, and is told by `picture-filter` (detail: the text of a filter to apply) and `picture-reveal` (detail:
 * `n` of a row to show).
 */
export abstract class Picture<Answer = unknown> extends LitElement {
  static override properties: PropertyDeclarations = {
    answer: { state: true },
    problem: { state: true },
  };
  /** `null` before the first one. */
  declare answer: Answer | null;
  /** Why the last question failed, as a sentence. */
  declare problem: string | null;
  asker: Asker | null = null;
  #taps: readonly TapState[] = [];
  #stats: CaptureStats | null = null;
  /** Answers to questions that were asked before it was forgotten are of no use. */
  #generation = 0;
  readonly #refresher = new Refresher(() => this.#ask());

  constructor() {
    super();
    this.answer = null;
    this.problem = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  get taps(): readonly TapState[] {
    return this.#taps;
  }

  /** Those of the live capture; none in an opened file. Both come often, so that they are drawn with the next answer. */
  set taps(taps: readonly TapState[]) {
    if (taps === this.#taps) return;
    this.#taps = taps;
    this.#refresher.grew();
  }

  get stats(): CaptureStats | null {
    return this.#stats;
  }

  set stats(stats: CaptureStats | null) {
    if (stats === this.#stats) return;
    this.#stats = stats;
    this.#refresher.grew();
  }

  set isShown(isShown: boolean) {
    this.#refresher.show(isShown);
  }

  /** What the log lists now, and whether it stands still. Most pictures are of the whole capture, whatever the log shows. */
  followLog(_filtered: FilterState | null, _isPaused: boolean): void {
    return;
  }

  /** Everything was cleared: what was drawn is of no use any more. */
  forget(): void {
    this.#generation++;
    this.answer = null;
    this.problem = null;
    this.#refresher.again();
  }

  /** Something besides the capture has changed that is drawn, such as findings. */
  refresh(): void {
    this.#refresher.grew();
  }

  /** Asks what it is drawn from. */
  protected abstract read(asker: Asker): Promise<Answer>;

  /** The picture of an answer. */
  protected abstract draw(answer: Answer): TemplateResult;

  protected override render(): TemplateResult {
    return html`${
      this.problem === null
        ? nothing
        : html`<p class="picture-problem" role="alert">
            <span class="codicon codicon-error" aria-hidden="true"></span> ${this.problem}
          </p>`
    }
    ${this.answer === null ? nothing : this.draw(this.answer)}`;
  }

  /** Asks at once, since the user wants to see something else than before. */
  protected askNow(): void {
    this.#refresher.again();
  }

  protected filter(text: string): void {
    this.dispatchEvent(new CustomEvent("picture-filter", { detail: text }));
  }

  protected reveal(n: number): void {
    this.dispatchEvent(new CustomEvent("picture-reveal", { detail: n }));
  }

  /** What stands in place of a picture that has nothing to show yet: why, and without a tap what to do first. */
  protected nothingYet(icon: string, text: string): TemplateResult {
    const isWithoutTap = this.taps.length === 0 && (this.stats?.file ?? null) === null && (this.stats?.seen ?? 0) === 0;
    return html`<div class="picture-empty">
      <span class="codicon codicon-${icon} empty-icon" aria-hidden="true"></span>
      ${
        isWithoutTap
          ? html`<p>
                ${t("No tap yet. A tap stands between a ZeroMQ client and its server; what it sees is drawn here.")}
              </p>
              <div class="empty-actions">
                <vscode-button @click=${() => void this.#runCommand("zmqTap.attach")}
                  >${t("Attach ZMQ Tap")}</vscode-button
                >
                <vscode-button secondary @click=${() => void this.#runCommand("zmqTap.startDemo")}
                  >${t("Start Demo")}</vscode-button
                >
              </div>`
          : html`<p>${text}</p>`
      }
    </div>`;
  }

  async #runCommand(command: ViewCommand): Promise<void> {
    try {
      await this.asker?.ask("command/run", { command });
    } catch (error) {
      this.problem = failureText(error);
    }
  }

  async #ask(): Promise<void> {
    const { asker } = this;
    if (asker === null) return;
    const generation = this.#generation;
    try {
      const answer = await this.read(asker);
      if (generation !== this.#generation) return;
      this.answer = answer;
      this.problem = null;
    } catch (error) {
      if (generation === this.#generation) this.problem = failureText(error);
    }
  }
}

import * as vscode from "vscode";
import type { EngineNotice } from "../shared/engineProtocol.ts";
import { type FindingCounts, type FindingsState, NO_FINDINGS, SEVERITIES } from "../shared/findings.ts";
import { LIVE_CAPTURE, type Row } from "../shared/model.ts";
import { toRefusal } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import type { FindingElement, FindingGroup } from "./findingElement.ts";
import { badgeOf, evidenceItem, findingItem, groupItem, pendingItem, showFindings } from "./findingItems.ts";
import { t } from "../shared/l10n.ts";

const VIEW = "zmqTap.findings";
const REFRESH_MS = 150;
/** Ages of requests that wait go on this often. */
const AGE_MS = 1_000;
const NONE: FindingCounts = { note: 0, warning: 0, error: 0 };

type Notice = Pick<Extract<EngineNotice, { kind: "findings/changed" }>, "counts" | "pending">;

/** The headings, the worst first: the same objects all the time, so that one can be drawn anew alone. */
const GROUPS: readonly FindingGroup[] = [...SEVERITIES.toReversed().map((group) => ({ group })), { group: "pending" }];
const PENDING = GROUPS.at(-1)!;

/**
 * The view Findings: what rules have found in the live capture, by severity, with the rows that prove it below; and the requests
 * that wait. It is hidden as long as there is nothing, and read only while somebody looks at it. The status bar says how many
 * there are.
 */
export class FindingsView implements vscode.TreeDataProvider<FindingElement>, vscode.Disposable {
  readonly #engine: Engine;
  readonly #log: vscode.LogOutputChannel;
  readonly #changes = new vscode.EventEmitter<FindingElement | undefined>();
  readonly #view: vscode.TreeView<FindingElement>;
  readonly #item: vscode.StatusBarItem;
  readonly #own: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changes.event;
  #state: FindingsState = NO_FINDINGS;
  /** When it was read, as performance.now() tells. */
  #readMs = 0;
  #rows = new Map<number, Row>();
  #isStale = false;
  #reading: Promise<void> | undefined;
  #shownCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #ageTimer: NodeJS.Timeout | undefined;

  constructor(engine: Engine, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#log = log;
    this.#view = vscode.window.createTreeView(VIEW, { treeDataProvider: this });
    this.#item = vscode.window.createStatusBarItem(VIEW, vscode.StatusBarAlignment.Left, 8);
    this.#item.name = t("ZMQ Tap Findings");
    this.#item.command = `${VIEW}.focus`;
    this.#own = vscode.Disposable.from(
      this.#changes,
      this.#view,
      this.#item,
      this.#view.onDidChangeVisibility(() => this.#refreshSoon()),
      engine.onDidNotify((notice) => {
        if (notice.kind === "findings/changed" && notice.capture === LIVE_CAPTURE) this.take(notice);
      }),
      // A new engine has its own, and tells of them.
      engine.onDidStart(() => this.take({ counts: NONE, pending: 0 })),
      engine.onDidDie(() => this.take({ counts: NONE, pending: 0 })),
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#ageTimer);
    this.#own.dispose();
  }

  /** Takes how many there are now; which they are is read when somebody looks. */
  take({ counts }: Notice): void {
    const count = SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
    if (count !== this.#shownCount) {
      this.#shownCount = count;
      void vscode.commands.executeCommand("setContext", "zmqTap.findingCount", count);
    }
    const badge = badgeOf(counts);
    this.#view.badge = badge;
    showFindings(this.#item, badge, counts.error > 0);
    this.#isStale = true;
    this.#refreshSoon();
  }

  async getChildren(element?: FindingElement): Promise<FindingElement[]> {
    if (element === undefined) {
      if (this.#isStale || this.#reading !== undefined) await this.#read();
      return GROUPS.filter((group) => this.#countOf(group) > 0);
    }
    if ("group" in element) return this.#inGroup(element);
    if (!("finding" in element)) return [];
    const finding = this.#state.findings.find(({ key }) => key === element.key);
    const { key } = element;
    const evidence = finding?.evidence ?? [];
    await Promise.all(evidence.map((n) => this.#readRow(n)));
    return evidence.map((n) => ({ key, evidence: n, n }));
  }

  getTreeItem(element: FindingElement): vscode.TreeItem {
    if ("group" in element) return groupItem(element, this.#countOf(element));
    if ("evidence" in element) return evidenceItem(element.key, element.evidence, this.#rows.get(element.evidence));
    if ("pending" in element) {
      const request = this.#state.pending.find(({ n }) => n === element.pending);
      return request === undefined ? new vscode.TreeItem("answered") : pendingItem(request, this.#nowMs);
    }
    const finding = this.#state.findings.find(({ key }) => key === element.key);
    return finding === undefined ? new vscode.TreeItem("gone") : findingItem(finding);
  }

  /** What the engine's clock says now, since ages are of its times. */
  get #nowMs(): number {
    return this.#state.nowMs + performance.now() - this.#readMs;
  }

  #countOf({ group }: FindingGroup): number {
    if (group === "pending") return this.#state.pendingCount;
    return this.#state.findings.filter(({ severity }) => severity === group).length;
  }

  #inGroup({ group }: FindingGroup): FindingElement[] {
    if (group === "pending") return this.#state.pending.map(({ n }) => ({ pending: n, n }));
    return this.#state.findings
      .filter(({ severity }) => severity === group)
      .map(({ key, id, evidence, endpoint }) => ({
        key,
        finding: id,
        ...(evidence[0] === undefined ? {} : { n: evidence[0] }),
        ...(endpoint === undefined ? {} : { server: endpoint }),
      }));
  }

  /** At most every 150 ms, and only while it is looked at: a tree that is refreshed faster loses clicks. */
  #refreshSoon(): void {
    if (!this.#view.visible) {
      clearInterval(this.#ageTimer);
      this.#ageTimer = undefined;
      return;
    }
    if (!this.#isStale) {
      this.#followAges();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read().then(() => this.#changes.fire(undefined));
    }, REFRESH_MS);
  }

  /** Reads what there is, or waits for who is just reading it. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
      // Something may have come meanwhile.
      this.#refreshSoon();
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#isStale = false;
    try {
      this.#state = this.#engine.isRunning
        ? await this.#engine.ask("findings/read", { capture: LIVE_CAPTURE })
        : NO_FINDINGS;
      this.#readMs = performance.now();
      const known = new Set(this.#state.findings.flatMap(({ evidence }) => evidence));
      this.#rows = new Map([...this.#rows].filter(([n]) => known.has(n)));
    } catch (error) {
      this.#log.debug(`Findings cannot be read. ${toRefusal(error).message}`);
    }
  }

  async #readRow(n: number): Promise<void> {
    if (this.#rows.has(n) || !this.#engine.isRunning) return;
    try {
      const { row } = await this.#engine.ask("message/read", { capture: LIVE_CAPTURE, n });
      this.#rows.set(n, row);
    } catch {
      // It is no longer kept, which its place in the tree says.
    }
  }

  #followAges(): void {
    const isWanted = this.#view.visible && this.#state.pending.length > 0;
    if (!isWanted) {
      clearInterval(this.#ageTimer);
      this.#ageTimer = undefined;
    } else this.#ageTimer ??= setInterval(() => this.#changes.fire(PENDING), AGE_MS);
  }
}

import * as vscode from "vscode";
import { fingerprint } from "../shared/keys/curveKey.ts";
import type { KeySummary } from "../shared/keys/storedKey.ts";
import { t } from "../shared/l10n.ts";
import type { Bridges } from "./bridges.ts";
import type { KeyStore } from "./keyStore.ts";
import type { Taps } from "./taps.ts";

/** An element is a name. Menus hand it to commands. */
export type KeyElement = { readonly key: string };

const KIND_WORDS: Readonly<Record<KeySummary["kind"], string>> = {
  pair: t("key pair"),
  public: t("public key"),
  plain: t("PLAIN user"),
};
/** In the narrow side bar the key's icon has to do for pairs, which are most. */
const SHORT_WORDS: Readonly<Record<KeySummary["kind"], string>> = { pair: "", public: "public", plain: "PLAIN" };
const ICONS: Readonly<Record<KeySummary["kind"], string>> = { pair: "key", public: "lock", plain: "account" };

/** The view Keys: what the key store holds, and which taps and bridges use it. The store is read once the view is looked at. */
export class KeyTree implements vscode.TreeDataProvider<KeyElement>, vscode.Disposable {
  readonly #keys: KeyStore;
  readonly #taps: Taps;
  readonly #bridges: Bridges;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changes.event;
  #uses = "";

  constructor(keys: KeyStore, taps: Taps, bridges: Bridges) {
    this.#keys = keys;
    this.#taps = taps;
    this.#bridges = bridges;
    this.#own = vscode.Disposable.from(
      this.#changes,
      keys.onDidChange(() => this.#changes.fire(undefined)),
      taps.onDidChange(() => this.#followUses()),
      bridges.onDidChange(() => this.#followUses()),
      vscode.window.registerTreeDataProvider("zmqTap.keys", this),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  async getChildren(element?: KeyElement): Promise<KeyElement[]> {
    return element === undefined ? (await this.#keys.list()).map(({ name }) => ({ key: name })) : [];
  }

  getTreeItem({ key }: KeyElement): vscode.TreeItem {
    const summary = this.#keys.known.find(({ name }) => name === key);
    if (summary === undefined) return new vscode.TreeItem("deleted");
    const { name, publicKey } = summary;
    const bridges = this.#bridges.running?.usersOf(name, publicKey) ?? [];
    return keyItem(summary, [...this.#taps.usersOf(name, publicKey), ...bridges]);
  }

  /** Taps and bridges change many times a second; only their keys and names show here. */
  #followUses(): void {
    const uses = JSON.stringify([
      this.#taps.list().map(({ config }) => [config.name, config.security]),
      this.#bridges.list().map(({ config }) => [config.name, config.in.security, config.out.security]),
    ]);
    if (uses === this.#uses) return;
    this.#uses = uses;
    this.#changes.fire(undefined);
  }
}

/** A tap or a bridge. */
type KeyUser = { readonly config: { readonly name: string } };

/** How a key looks in the tree. */
export function keyItem(key: KeySummary, users: readonly KeyUser[]): vscode.TreeItem {
  const item = new vscode.TreeItem(key.name);
  const used = users.map(({ config }) => config.name).join(", ");
  const usedBy = used === "" ? "" : t("used by {0}", used);
  const what = key.publicKey === null ? (key.user ?? "") : fingerprint(key.publicKey);
  item.id = key.name;
  item.description = [SHORT_WORDS[key.kind], what, usedBy].filter((part) => part !== "").join(" · ");
  item.iconPath = new vscode.ThemeIcon(ICONS[key.kind]);
  item.contextValue = `key.${key.kind}`;
  item.tooltip = [
    `${key.name}: ${KIND_WORDS[key.kind]}`,
    key.publicKey === null ? t("User {0}", key.user ?? "") : t("Public key {0}", key.publicKey),
    used === "" ? t("No tap or bridge uses it") : t("Used by {0}", used),
  ].join("\n");
  item.accessibilityInformation = {
    label: `${key.name}, ${KIND_WORDS[key.kind]}, ${what}, ${usedBy || t("not used")}`,
  };
  return item;
}

import * as vscode from "vscode";
import { freeName } from "../shared/keys/keyName.ts";
import { describeCandidate, type KeyCandidate, type KeySource, recogniseKeys } from "../shared/keys/keyText.ts";
import type { KeySummary, StoredKey } from "../shared/keys/storedKey.ts";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { certificateFolders, readKeyFiles } from "./keyFiles.ts";
import { math } from "./keyMath.ts";
import { askName } from "./keyCommands.ts";
import type { KeyStore } from "./keyStore.ts";
import type { Services } from "./services.ts";
import { pickOne } from "./quickSteps.ts";
import { requireTrust } from "./trust.ts";

const TITLE = t("Import Keys");
/** What a key is called that came without a name; the user is asked for a better one. */
const UNNAMED = "imported";

/** What came of an import. Nothing in it is secret. */
export type ImportResult = {
  readonly imported: readonly KeySummary[];
  /** Names of keys that were there already. */
  readonly known: readonly string[];
  readonly problems: readonly string[];
};

/** Imports keys from a file, a folder of certificates, or a text; `undefined` when the user leaves the questions. */
export async function importKeys({ keys }: Services, args: CommandArguments): Promise<ImportResult | undefined> {
  requireTrust(t("Import Keys"));
  const sources = await sourcesOf(args);
  if (sources === undefined) return undefined;
  const { candidates, problems } = recogniseKeys(sources, math);
  if (candidates.length === 0) throw new UserError("no-keys", problems.join(" "));
  const chosen = await choose(candidates, args);
  const imported: KeySummary[] = [];
  const known: string[] = [];
  for (const candidate of chosen) {
    const key = await decide(candidate, args, keys, chosen.length === 1);
    if (key === undefined) return undefined;
    const stored = await store(keys, key, args);
    if (stored === "known") known.push(key.name);
    else if (stored !== undefined) imported.push(stored);
  }
  const result = { imported, known, problems };
  if (args.quiet !== true) report(result);
  return result;
}

type Place = vscode.QuickPickItem & { readonly read?: () => Promise<readonly KeySource[] | undefined> };

async function sourcesOf(args: CommandArguments): Promise<readonly KeySource[] | undefined> {
  const { text, uri, name = UNNAMED } = args;
  if (text !== undefined) return [{ name, text }];
  if (uri !== undefined) return readKeyFiles(uri);
  if (args.quiet === true)
    throw new UserError("argument-missing", 'Nothing was given. Call the command with {"uri": …} or {"text": …}.');
  const folders = await certificateFolders();
  const places: Place[] = [
    { label: t("$(file) From a File…"), read: () => askUri({ canSelectFiles: true }) },
    {
      label: t("$(folder) From a Folder of Certificates…"),
      read: () => askUri({ canSelectFolders: true }),
    },
    {
      label: t("$(clippy) From the Clipboard"),
      read: async () => [{ name, text: await vscode.env.clipboard.readText() }],
    },
    {
      label: t("$(edit) Type or Paste…"),
      detail: t("A key, or a line NAME=key"),
      read: () => askText(name),
    },
    ...(folders.length === 0 ? [] : [{ label: t("in the workspace"), kind: vscode.QuickPickItemKind.Separator }]),
    ...folders.map(({ folder, files }) => ({
      label: `$(folder) ${vscode.workspace.asRelativePath(folder)}`,
      description: files === 1 ? "1 file" : t("{0} files", files),
      read: () => readKeyFiles(folder),
    })),
  ];
  const place = await pickOne(places, { title: TITLE, placeHolder: t("Where are the keys?") });
  return place?.read?.();
}

async function askUri(options: vscode.OpenDialogOptions): Promise<readonly KeySource[] | undefined> {
  const [uri] = (await vscode.window.showOpenDialog({ title: TITLE, ...options, openLabel: t("Import") })) ?? [];
  return uri === undefined ? undefined : readKeyFiles(uri);
}

async function askText(name: string): Promise<readonly KeySource[] | undefined> {
  const text = await vscode.window.showInputBox({
    title: TITLE,
    prompt: t("A key as Z85, hex or base64, or a line NAME=key. It is not shown."),
    password: true,
    ignoreFocusOut: true,
  });
  return text === undefined ? undefined : [{ name, text }];
}

/** Says what was recognised, and lets the user leave some out. */
async function choose(candidates: readonly KeyCandidate[], args: CommandArguments): Promise<readonly KeyCandidate[]> {
  if (args.quiet === true || args.confirmed === true) return candidates;
  const choices = candidates.map((candidate) => ({
    label: candidate.name,
    description: describeCandidate(candidate),
    picked: true,
    candidate,
  }));
  const picked = await vscode.window.showQuickPick(choices, {
    title: t(
      candidates.length === 1 ? "{0}: {1} key was recognised" : "{0}: {1} keys were recognised",
      TITLE,
      candidates.length,
    ),
    placeHolder: t("Choose what to import"),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked?.map(({ candidate }) => candidate) ?? [];
}

/** The key to store: what a single key is and what it is called is for the user to say. */
async function decide(
  candidate: KeyCandidate,
  args: CommandArguments,
  keys: KeyStore,
  isOnly: boolean,
): Promise<StoredKey | undefined> {
  let { name } = candidate;
  if (isOnly && args.name !== undefined) name = args.name.trim();
  else if (isOnly && name === UNNAMED && args.quiet !== true) {
    const typed = await askName(keys, args, TITLE, "", t("Whose key it is."));
    if (typed === undefined) return undefined;
    name = typed.trim();
  }
  switch (candidate.kind) {
    case "pair":
      return { kind: "pair", name, ...candidate.pair };
    case "public":
      return { kind: "public", name, publicKey: candidate.publicKey };
    case "unsure": {
      const role = args.role ?? (await askRole(name, candidate.publicIfSecret, args));
      if (role === undefined) return undefined;
      return role === "public"
        ? { kind: "public", name, publicKey: candidate.key }
        : { kind: "pair", name, publicKey: candidate.publicIfSecret, secretKey: candidate.key };
    }
  }
}

async function askRole(
  name: string,
  publicIfSecret: string,
  args: CommandArguments,
): Promise<"public" | "secret" | undefined> {
  if (args.quiet === true) {
    throw new UserError(
      "which-role",
      'A single key may be public or secret, and nothing in it tells. Call the command with {"role": "public"} or {"role": "secret"}.',
    );
  }
  const choices = [
    { label: t("Public key"), detail: t("Others may know it."), role: "public" },
    {
      label: t("Secret key"),
      detail: t("Its public key is then {0}", publicIfSecret),
      role: "secret",
    },
  ] as const;
  const picked = await vscode.window.showQuickPick(choices, {
    title: TITLE,
    placeHolder: t('What is "{0}"? Nothing in a key tells.', name),
    ignoreFocusOut: true,
  });
  return picked?.role;
}

/** Stores a key under a name that is free, or in place of one that the user gives up. */
async function store(
  keys: KeyStore,
  key: StoredKey,
  args: CommandArguments,
): Promise<KeySummary | "known" | undefined> {
  const all = await keys.list();
  const before = all.find(({ name }) => name === key.name);
  if (before === undefined) return keys.add(key);
  if (key.kind !== "plain" && before.publicKey === key.publicKey) {
    // A pair adds the secret half to a public key; anything else adds nothing.
    return key.kind === "pair" && before.kind === "public" ? keys.add(key, true) : "known";
  }
  if (args.confirmed === true) return keys.add(key, true);
  const taken = new Set(all.map(({ name }) => name));
  const other = freeName(key.name, (name) => taken.has(name));
  if (args.quiet === true) return keys.add({ ...key, name: other });
  const replace = t("Replace It");
  const keep = t('Keep Both (as "{0}")', other);
  const choice = await vscode.window.showQuickPick([replace, keep], {
    title: TITLE,
    placeHolder: t('There is another key "{0}" already', key.name),
    ignoreFocusOut: true,
  });
  if (choice === undefined) return undefined;
  return choice === replace ? keys.add(key, true) : keys.add({ ...key, name: other });
}

function report({ imported, known, problems }: ImportResult): void {
  const parts: string[] = [];
  const pairs = imported.filter(({ kind }) => kind === "pair");
  const publics = imported.filter(({ kind }) => kind === "public");
  const named = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => `"${name}"`).join(", ");
  if (pairs.length === 1) parts.push(t("Imported the key pair {0}.", named(pairs)));
  if (pairs.length > 1) parts.push(t("Imported {0} key pairs {1}.", pairs.length, named(pairs)));
  if (publics.length === 1) parts.push(t("Imported the public key {0}.", named(publics)));
  if (publics.length > 1) parts.push(t("Imported {0} public keys {1}.", publics.length, named(publics)));
  if (known.length > 0) {
    parts.push(t("There already: {0}.", known.map((name) => `"${name}"`).join(", ")));
  }
  const message = [...parts, ...problems].join(" ");
  if (message === "") return;
  if (problems.length > 0) void vscode.window.showWarningMessage(message);
  else void vscode.window.showInformationMessage(message);
}

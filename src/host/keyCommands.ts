import * as vscode from "vscode";
import { safeFileName } from "../shared/fileName.ts";
import { keyNameProblem } from "../shared/keys/keyName.ts";
import { type KeySummary, MAX_PLAIN_OCTETS } from "../shared/keys/storedKey.ts";
import { writeZcert } from "../shared/keys/zcert.ts";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import { askText, isAgreed } from "./asking.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { exists, writeKeyFile } from "./keyFiles.ts";
import { math } from "./keyMath.ts";
import type { KeyStore } from "./keyStore.ts";
import type { Services } from "./services.ts";
import { requireTrust } from "./trust.ts";

export async function generateKeyPair({ keys }: Services, args: CommandArguments): Promise<KeySummary | undefined> {
  const name = args.name ?? (await askName(keys, args, t("Generate CURVE Key Pair"), "", t("Whose key pair it is.")));
  if (name === undefined) return undefined;
  const key = await keys.add({ kind: "pair", name: name.trim(), ...math.generatePair() });
  say(args, t('The key pair "{0}" was generated. Export Public Key gives others its public half.', key.name));
  return key;
}

export async function addPlainUser({ keys }: Services, args: CommandArguments): Promise<KeySummary | undefined> {
  const title = t("Add PLAIN User");
  const user =
    args.user ??
    (await askText(args, "user", {
      title,
      prompt: t("User as the PLAIN server knows it."),
      ...PLAIN_CHECK,
    }));
  if (user === undefined) return undefined;
  const password =
    args.password ??
    (await askText(args, "password", {
      title,
      prompt: t('Password of "{0}".', user),
      password: true,
      ...PLAIN_CHECK,
    }));
  if (password === undefined) return undefined;
  const [ofUser, ofPassword] = [plainProblem(user), plainProblem(password)];
  if (ofUser !== undefined) {
    throw new UserError("plain-too-long", t("The PLAIN user cannot be used. {0}", ofUser));
  }
  if (ofPassword !== undefined) {
    throw new UserError("plain-too-long", t("The PLAIN password cannot be used. {0}", ofPassword));
  }
  const suggested = keyNameProblem(user) === undefined ? user : "";
  const name = args.name ?? (await askName(keys, args, title, suggested, t("What the key store calls this user.")));
  if (name === undefined) return undefined;
  return keys.add({ kind: "plain", name: name.trim(), user, password });
}

/** Writes the public half as a certificate file and answers where. */
export async function exportPublicKey({ keys }: Services, args: CommandArguments): Promise<vscode.Uri | undefined> {
  requireTrust(t("Export Public Key"));
  const key = await chooseCurveKey(keys, args, t("Export which public key?"));
  if (key === undefined) return undefined;
  const uri = await askWhere(args, `${safeFileName(key.name, "key")}.key`);
  if (uri === undefined) return undefined;
  await writeKeyFile(uri, writeZcert({ publicKey: key.publicKey, secretKey: null }, key.name), false);
  say(args, t('The public key of "{0}" was written to {1}', key.name, uri.fsPath));
  return uri;
}

/** Writes both halves as a secret certificate file and answers where. */
export async function exportKeyPair({ keys }: Services, args: CommandArguments): Promise<vscode.Uri | undefined> {
  requireTrust(t("Export Key Pair"));
  const shown = await chooseKey(keys, args, t("Export which key pair?"), ({ kind }) => kind === "pair");
  if (shown === undefined) return undefined;
  const key = await keys.get(shown.name);
  if (key.kind !== "pair")
    throw new UserError("no-key-pair", t('"{0}" has no secret key to export. Choose a key pair.', key.name));
  const isWanted = await isAgreed(args, {
    message: t('Write the secret key of "{0}" to a file?', key.name),
    detail: t("Whoever reads the file can read what this key protects, and act in its name. Only you get to read it."),
    button: t("Export Secret Key"),
  });
  if (!isWanted) return undefined;
  const uri = await askWhere(args, `${safeFileName(key.name, "key")}.key_secret`);
  if (uri === undefined) return undefined;
  await writeKeyFile(uri, writeZcert(key, key.name), true);
  say(args, t('The key pair "{0}" was written to {1}, which only you can read.', key.name, uri.fsPath));
  return uri;
}

export async function copyPublicKey({ keys }: Services, args: CommandArguments): Promise<string | undefined> {
  const key = await chooseCurveKey(keys, args, t("Copy which public key?"));
  if (key === undefined) return undefined;
  await vscode.env.clipboard.writeText(key.publicKey);
  say(args, t('Copied the public key of "{0}"', key.name));
  return key.publicKey;
}

export async function renameKey(
  { keys, taps, bridges }: Services,
  args: CommandArguments,
): Promise<string | undefined> {
  const key = await chooseKey(keys, args, t("Rename which key?"));
  if (key === undefined) return undefined;
  const name = args.name ?? (await askName(keys, args, t('Rename "{0}"', key.name), key.name, t("The new name.")));
  if (name === undefined) return undefined;
  const to = name.trim();
  await keys.rename(key.name, to);
  taps.keyRenamed(key.name, to);
  const running = bridges.running;
  running?.keyRenamed(key.name, to);
  const ofTaps = taps.usersOf(key.name, null).filter(({ config }) => taps.ownerOf(config.id) === "settings");
  const ofBridges = running?.usersOf(key.name, null).filter(({ config }) => running.ownerOf(config.id) === "settings");
  const left = [...leftInSetting("taps", ofTaps), ...leftInSetting("bridges", ofBridges ?? [])];
  say(args, [t('"{0}" is now called "{1}".', key.name, to), ...left].join(" "));
  return to;
}

function leftInSetting(setting: "taps" | "bridges", users: readonly KeyUser[]): readonly string[] {
  if (users.length === 0) return [];
  return [t("The setting {0} still says the old name for {1}.", `zmqTap.${setting}`, namesOf(users))];
}

export async function deleteKey({ keys, taps, bridges }: Services, args: CommandArguments): Promise<boolean> {
  const key = await chooseKey(keys, args, t("Delete which key?"));
  if (key === undefined) return false;
  const users = [
    ...taps.usersOf(key.name, key.publicKey),
    ...(bridges.running?.usersOf(key.name, key.publicKey) ?? []),
  ];
  const used =
    users.length === 0
      ? t("No tap or bridge uses it.")
      : t("It is used by {0}, which cannot start without it.", namesOf(users));
  const lost = key.kind === "public" ? "" : t("What is secret in it is gone unless you have exported it.");
  const isWanted = await isAgreed(args, {
    message: t('Delete "{0}"?', key.name),
    detail: `${used} ${lost}`.trim(),
    button: t("Delete"),
  });
  if (isWanted) await keys.remove(key.name);
  return isWanted;
}

const PLAIN_CHECK = { validateInput: (typed: string): string | undefined => plainProblem(typed) };

function plainProblem(text: string): string | undefined {
  return Buffer.byteLength(text) > MAX_PLAIN_OCTETS ? t("PLAIN carries at most 255 octets.") : undefined;
}

/** A name that is free. */
export async function askName(
  keys: KeyStore,
  args: CommandArguments,
  title: string,
  value: string,
  prompt: string,
): Promise<string | undefined> {
  const taken = new Set((await keys.list()).map(({ name }) => name));
  return askText(args, "name", {
    title,
    value,
    prompt,
    validateInput: (typed) => {
      const name = typed.trim();
      return taken.has(name) && name !== value ? t("This name is taken.") : keyNameProblem(name);
    },
  });
}

/** The key that was given, or that the user picks; `undefined` when the user leaves. */
async function chooseKey(
  keys: KeyStore,
  args: CommandArguments,
  question: string,
  isFit: (key: KeySummary) => boolean = () => true,
): Promise<KeySummary | undefined> {
  const all = await keys.list();
  if (args.key !== undefined) {
    const { name } = await keys.get(args.key);
    return all.find((key) => key.name === name);
  }
  const fit = all.filter(isFit);
  if (fit.length === 0)
    throw new UserError(
      "no-key",
      t('There is no key for this. Run "Generate CURVE Key Pair" or "Import Keys…" first.'),
    );
  if (args.quiet === true)
    throw new UserError("which-key", 'No key was given. Call the command with {"key": "its name"}.');
  const choices = fit.map((key) => ({ label: key.name, description: key.publicKey ?? key.user ?? "", key }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: question }))?.key;
}

async function chooseCurveKey(
  keys: KeyStore,
  args: CommandArguments,
  question: string,
): Promise<{ readonly name: string; readonly publicKey: string } | undefined> {
  const key = await chooseKey(keys, args, question, ({ publicKey }) => publicKey !== null);
  if (key === undefined) return undefined;
  const { name, publicKey } = key;
  if (publicKey === null)
    throw new UserError("no-public-key", t('"{0}" is a PLAIN user and has no public key. Choose a CURVE key.', name));
  return { name, publicKey };
}

async function askWhere(args: CommandArguments, fileName: string): Promise<vscode.Uri | undefined> {
  if (args.uri !== undefined) {
    if (args.confirmed !== true && (await exists(args.uri)))
      throw new UserError("file-exists", t("{0} is there already. Choose another name.", args.uri.fsPath));
    return args.uri;
  }
  if (args.quiet === true)
    throw new UserError("argument-missing", 'No file was given. Call the command with {"uri": …}.');
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.window.showSaveDialog(
    folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, fileName) },
  );
}

/** A tap or a bridge. */
type KeyUser = { readonly config: { readonly name: string } };

function namesOf(taps: readonly KeyUser[]): string {
  return taps.map(({ config }) => `"${config.name}"`).join(", ");
}

function say(args: CommandArguments, message: string): void {
  if (args.quiet !== true) vscode.window.setStatusBarMessage(message, 10_000);
}

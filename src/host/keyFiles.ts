import { rename, rm, writeFile } from "node:fs/promises";
import * as vscode from "vscode";
import { type KeySource, MAX_KEY_TEXT } from "../shared/keys/keyText.ts";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";

const CERTIFICATE = /\.(?:key|key_secret)$/;
const MAX_FILES = 200;
const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** What a file of keys is called without its endings: both files of a pair have one name. */
function stem(name: string): string {
  return name.replace(CERTIFICATE, "").replace(/(?<=.)\.[a-z]{1,5}$/i, "");
}

/** Reads a file of keys, or all certificates of a folder. Rejects with a UserError. */
export async function readKeyFiles(uri: vscode.Uri): Promise<readonly KeySource[]> {
  const { type } = await stat(uri);
  if ((type & vscode.FileType.Directory) === 0) return [await readKeyFile(uri)];
  const entries = await vscode.workspace.fs.readDirectory(uri);
  const names = entries
    .filter(([name, kind]) => (kind & vscode.FileType.Directory) === 0 && CERTIFICATE.test(name))
    .map(([name]) => name)
    .sort();
  if (names.length === 0) {
    throw new UserError(
      "no-certificates",
      t(
        "The folder {0} has no certificate files, which end in .key or .key_secret. Choose another folder or a file.",
        shownPath(uri),
      ),
    );
  }
  if (names.length > MAX_FILES) {
    throw new UserError(
      "too-many-files",
      t("The folder {0} has more than {1} certificate files. Import them one by one.", shownPath(uri), MAX_FILES),
    );
  }
  return Promise.all(names.map((name) => readKeyFile(vscode.Uri.joinPath(uri, name))));
}

/** Folders of the workspace that hold certificates. */
export async function certificateFolders(): Promise<
  readonly { readonly folder: vscode.Uri; readonly files: number }[]
> {
  const found = await vscode.workspace.findFiles("**/*.{key,key_secret}", "**/node_modules/**", MAX_FILES);
  const folders = new Map<string, { folder: vscode.Uri; files: number }>();
  for (const file of found) {
    const folder = vscode.Uri.joinPath(file, "..");
    const entry = folders.get(folder.toString());
    if (entry === undefined) folders.set(folder.toString(), { folder, files: 1 });
    else entry.files += 1;
  }
  return [...folders.values()];
}

/** Writes a certificate; one with a secret key is readable by nobody but the user from its first moment on. */
export async function writeKeyFile(uri: vscode.Uri, text: string, isSecret: boolean): Promise<void> {
  if (uri.scheme !== "file") {
    if (isSecret) {
      throw new UserError(
        "not-on-disk",
        t("A secret certificate can only be written to a disk, where nobody else can read it. Choose another place."),
      );
    }
    await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
    return;
  }
  // A file that is there already would keep its mode, so another takes its place.
  const temporary = `${uri.fsPath}.${crypto.randomUUID()}`;
  try {
    await writeFile(temporary, text, { flag: "wx", mode: isSecret ? SECRET_MODE : PUBLIC_MODE });
    await rename(temporary, uri.fsPath);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(
      "cannot-write",
      t("The certificate cannot be written to {0}. Choose a folder that you may write to.", uri.fsPath),
      { cause: error },
    );
  }
}

/** Whether something is there already. */
export async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function readKeyFile(uri: vscode.Uri): Promise<KeySource> {
  const { size } = await stat(uri);
  const name = stem(uri.path.split("/").at(-1) ?? "");
  // Too long to be keys: it is not even read, and whoever recognises keys says so.
  if (size > MAX_KEY_TEXT) return { name, text: " ".repeat(MAX_KEY_TEXT + 1) };
  return { name, text: Buffer.from(await vscode.workspace.fs.readFile(uri)).toString("utf8") };
}

async function stat(uri: vscode.Uri): Promise<vscode.FileStat> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch (error) {
    throw new UserError(
      "no-such-file",
      t("{0} cannot be read. Choose a file or folder that is there.", shownPath(uri)),
      {
        cause: error,
      },
    );
  }
}

function shownPath(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}

import * as vscode from "vscode";
import { fingerprint } from "../shared/keys/curveKey.ts";
import type { KeySummary } from "../shared/keys/storedKey.ts";
import { t } from "../shared/l10n.ts";
import type { SecurityNames } from "../shared/security.ts";
import type { KeyStore } from "./keyStore.ts";
import { pickStep, type StepEnd } from "./quickSteps.ts";

type Place = { readonly title: string; readonly step: number; readonly totalSteps: number };

/** Keys of one side, as a step of several: of a server for its clients, or `asClient` of a server. */
export async function keyStep(
  keys: KeyStore,
  place: Place,
  asClient: boolean,
  placeholder = asClient ? t("How does the sender let programs in?") : t("How do the programs connect?"),
): Promise<StepEnd<SecurityNames>> {
  const known = await keys.list();
  const curve = known.filter(({ kind, publicKey }) => (asClient ? publicKey !== null : kind === "pair"));
  const plain = known.filter(({ kind }) => kind === "plain");
  return pickStep<SecurityNames>({
    ...place,
    placeholder,
    choices: () => [
      { label: t("$(unlock) No Encryption"), value: {} },
      ...curve.map(({ name }) => ({
        label: t("$(key) CURVE with {0}", name),
        description: asClient ? t("is the other side's key") : t("is the server's pair"),
        value: asClient ? { serverKey: name, serverLeg: "CURVE" as const } : { serverPair: name },
      })),
      ...plain.map(({ name }) => ({ label: t("$(account) PLAIN with {0}", name), value: { plain: name } })),
    ],
  });
}

type KeyChoice = vscode.QuickPickItem & { readonly name?: string | null; readonly command?: string };

/**
 * Asks for a key of the store by its name; those of `fitting` come first. `null` takes back what was chosen, `undefined`
 * leaves it as it was.
 */
export async function askKey(
  keys: readonly KeySummary[],
  kind: KeySummary["kind"],
  chosen: string | undefined,
  placeHolder = t("Choose a key"),
  fitting: readonly string[] = [],
): Promise<string | null | undefined> {
  const usable = keys.filter((key) => (kind === "public" ? key.publicKey !== null : key.kind === kind));
  const fits = ({ name }: KeySummary): boolean => fitting.includes(name);
  const choices: KeyChoice[] = [
    ...[...usable.filter(fits), ...usable.filter((key) => !fits(key))].map((key) => ({
      label: `$(${kind === "plain" ? "account" : "key"}) ${key.name}`,
      description: [
        key.publicKey === null ? (key.user ?? "") : fingerprint(key.publicKey),
        key.name === chosen ? "chosen" : "",
        fits(key) ? t("fits what the clients said") : "",
      ]
        .filter((part) => part !== "")
        .join(" · "),
      name: key.name,
    })),
    ...(chosen === undefined
      ? []
      : [{ label: t("$(close) None"), description: t("as before it was chosen"), name: null }]),
    ...(kind === "plain"
      ? [{ label: t("$(add) Add PLAIN User…"), command: "zmqTap.addPlainUser" }]
      : [{ label: t("$(cloud-download) Import Keys…"), command: "zmqTap.importKeys" }]),
    ...(kind === "pair" ? [{ label: t("$(add) Generate CURVE Key Pair"), command: "zmqTap.generateKeyPair" }] : []),
  ];
  const choice = await vscode.window.showQuickPick(choices, { placeHolder, ignoreFocusOut: true });
  // The menu comes again with what the command has brought.
  if (choice?.command !== undefined) await vscode.commands.executeCommand(choice.command);
  return choice?.name;
}

/** Asks what a server is to be shown: its public key with a pair for us, or a user. `undefined` when the user leaves. */
export async function askServerKeys(
  keys: readonly KeySummary[],
  mechanism: "CURVE" | "PLAIN",
): Promise<SecurityNames | undefined> {
  if (mechanism === "PLAIN") {
    const plain = await askKey(keys, "plain", undefined, t("Which user?"));
    return typeof plain === "string" ? { plain } : undefined;
  }
  const serverKey = await askKey(keys, "public", undefined, t("Which is the server's public key?"));
  if (typeof serverKey !== "string") return undefined;
  const clientPair = await askKey(keys, "pair", undefined, t("Whose key pair shall the server see?"));
  return typeof clientPair === "string" ? { serverKey, clientPair } : undefined;
}

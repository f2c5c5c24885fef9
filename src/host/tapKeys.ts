import * as vscode from "vscode";
import { fingerprint, isCurveKey } from "../shared/keys/curveKey.ts";
import type { KeySummary } from "../shared/keys/storedKey.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { LEG_MECHANISMS, type LegMechanism, type SecurityNames } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import { askKey } from "./keyChoice.ts";
import { pickOne } from "./quickSteps.ts";
import { chooseTap } from "./tapCommands.ts";
import { requireTrust } from "./trust.ts";

type Draft = { -readonly [K in keyof SecurityNames]: SecurityNames[K] };
type Field = keyof SecurityNames;

/** Gives a tap its keys, from the arguments or as the user chooses them. `undefined` when the user leaves. */
export async function setTapKeys(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(t("Choose Keys"));
  const tap = await chooseTap(services, args, t("Choose the keys of which tap?"));
  if (tap === undefined) return undefined;
  if (args.security === undefined && args.quiet === true)
    throw new UserError("argument-missing", 'No keys were given. Call the command with {"security": …}.');
  const names = args.security ?? (await askSecurity(services, tap));
  if (names === undefined) return undefined;
  const state = await services.taps.secure(tap.config.id, names);
  if (args.quiet !== true) {
    const sentences = [t('"{0}" uses its new keys for new links.', tap.config.name)];
    if (state.links.length > 0) {
      sentences.push(t("Links that are open keep theirs: let the clients connect again."));
    }
    if (services.taps.ownerOf(tap.config.id) === "settings") {
      sentences.push(t('The setting zmqTap.taps is as it was: write the names under "security" there to keep them.'));
    }
    void vscode.window.showInformationMessage(sentences.join(" "));
  }
  return state;
}

export function allowClient(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  return admit(services, args, true);
}

export function denyClient(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  return admit(services, args, false);
}

async function admit(services: Services, args: CommandArguments, allow: boolean): Promise<TapState | undefined> {
  requireTrust(allow ? t("Allow Client") : t("Deny Client"));
  const { taps, keys } = services;
  const waits = ({ waiting }: TapState): boolean => waiting.some(({ isDenied }) => allow || !isDenied);
  const tap = await chooseTap(services, args, t("Clients of which tap?"), waits);
  if (tap === undefined) return undefined;
  const client = args.client ?? (await askClient(await keys.list(), tap, args));
  if (client === undefined) return undefined;
  const state = await taps.admit(tap.config.id, client, allow);
  if (args.quiet !== true && allow) {
    const said = t("The client gets in at its next attempt.");
    const lasts =
      taps.ownerOf(tap.config.id) === "settings"
        ? t('To keep it, write the key in "allow" of the setting zmqTap.taps.')
        : "";
    vscode.window.setStatusBarMessage(`${said} ${lasts}`.trim(), 10_000);
  }
  return state;
}

async function askClient(
  keys: readonly KeySummary[],
  tap: TapState,
  args: CommandArguments,
): Promise<string | undefined> {
  if (args.quiet === true)
    throw new UserError("argument-missing", 'No client was given. Call the command with {"client": "its public key"}.');
  const choices = tap.waiting.map(({ client, address }) => ({
    label: clientName(client, keys),
    description: address,
    client,
  }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: t("Which client?") }))?.client;
}

/** What a client is called: as the key store calls its key, else by the beginning of the key. */
export function clientName(client: string, keys: readonly KeySummary[]): string {
  return keys.find(({ publicKey }) => publicKey === client)?.name ?? fingerprint(client);
}

type Entry = vscode.QuickPickItem & { readonly field?: Field; readonly isDone?: true };

/** A menu of all that can be chosen, until the user applies it. */
async function askSecurity({ keys, taps }: Services, tap: TapState): Promise<SecurityNames | undefined> {
  const draft: Draft = { ...tap.config.security };
  for (;;) {
    const all = await keys.list();
    const entry = await vscode.window.showQuickPick<Entry>(menu(draft), {
      title: t('Keys of "{0}"', tap.config.name),
      placeHolder: t("Choose what to set, then Apply"),
      ignoreFocusOut: true,
    });
    if (entry === undefined) return undefined;
    if (entry.isDone === true) return draft;
    if (entry.field !== undefined) {
      await askField(draft, entry.field, all, tap, ({ config }) => taps.fittingPairs(config.id));
    }
  }
}

function menu(draft: SecurityNames): readonly Entry[] {
  const allowed = draft.allow === undefined ? t("any client") : t("{0} listed", draft.allow.length);
  const pairs = Object.keys(draft.clientPairs ?? {}).length;
  const separator = (label: string): Entry => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const entry = (field: Field, label: string, description: string, detail: string): Entry => ({
    field,
    label,
    description,
    detail,
  });
  return [
    { label: t("$(check) Apply"), isDone: true },
    separator("CURVE"),
    entry(
      "serverPair",
      t("Server key pair"),
      draft.serverPair ?? "none",
      t("Shown to CURVE clients: the server's own pair, or one of the tap"),
    ),
    entry(
      "serverKey",
      t("Server key"),
      draft.serverKey ?? t("public half of the server key pair"),
      t("Public key of the real CURVE server"),
    ),
    entry(
      "clientPair",
      t("Client key pair"),
      draft.clientPair ?? t("a fresh one for each link"),
      t("Shown to the CURVE server"),
    ),
    entry(
      "clientPairs",
      t("Client key pair for one client"),
      pairs === 0 ? "none" : t("{0} chosen", pairs),
      t("Chosen by the public key of the client that connects"),
    ),
    entry("allow", t("Allowed clients"), allowed, t("Whose public key is not listed has to wait until you allow it")),
    separator("PLAIN"),
    entry(
      "plain",
      t("PLAIN user"),
      draft.plain ?? t("none"),
      t("Shown to a PLAIN server where clients speak something else"),
    ),
    separator(t("Legs")),
    entry(
      "clientLeg",
      t("Client leg"),
      draft.clientLeg ?? t("as the programs speak"),
      t("What the tap speaks with clients"),
    ),
    entry(
      "serverLeg",
      t("Server leg"),
      draft.serverLeg ?? t("as the programs speak"),
      t("What the tap speaks with the server"),
    ),
  ];
}

async function askField(
  draft: Draft,
  field: Field,
  keys: readonly KeySummary[],
  tap: TapState,
  fittingPairs: (tap: TapState) => Promise<readonly string[]>,
): Promise<void> {
  switch (field) {
    case "serverPair":
      setText(draft, field, await askKey(keys, "pair", draft.serverPair, t("Choose a key"), await fittingPairs(tap)));
      return;
    case "clientPair":
      setText(draft, field, await askKey(keys, "pair", draft.clientPair));
      return;
    case "serverKey":
      setText(draft, field, await askKey(keys, "public", draft.serverKey));
      return;
    case "plain":
      setText(draft, field, await askKey(keys, "plain", draft.plain));
      return;
    case "clientLeg":
    case "serverLeg": {
      const leg = await askLeg();
      if (leg === null) Reflect.deleteProperty(draft, field);
      else if (leg !== undefined) draft[field] = leg;
      return;
    }
    case "allow": {
      const allow = await askAllowed(keys, draft.allow, tap);
      if (allow === null) delete draft.allow;
      else if (allow !== undefined) draft.allow = allow;
      return;
    }
    case "clientPairs": {
      const client = await askKey(keys, "public", undefined, t("Key pair for which client?"));
      if (typeof client !== "string") return;
      const pair = await askKey(keys, "pair", draft.clientPairs?.[client]);
      if (pair === undefined) return;
      const others = Object.entries(draft.clientPairs ?? {}).filter(([one]) => one !== client);
      const pairs = pair === null ? others : [...others, [client, pair] as const];
      if (pairs.length === 0) delete draft.clientPairs;
      else draft.clientPairs = Object.fromEntries(pairs);
    }
  }
}

/** `null` takes the choice back, `undefined` leaves it as it was. */
function setText(
  draft: Draft,
  field: "serverPair" | "clientPair" | "serverKey" | "plain",
  name: string | null | undefined,
): void {
  if (name === null) Reflect.deleteProperty(draft, field);
  else if (name !== undefined) draft[field] = name;
}

async function askLeg(): Promise<LegMechanism | null | undefined> {
  const choices: { label: string; description?: string; leg: LegMechanism | null }[] = [
    {
      label: t("As the programs speak"),
      description: t("learned from their greetings"),
      leg: null,
    },
    ...LEG_MECHANISMS.map((leg) => ({ label: leg, leg })),
  ];
  return (await pickOne(choices, { placeHolder: t("What does the tap speak on this side?") }))?.leg;
}

async function askAllowed(
  keys: readonly KeySummary[],
  chosen: readonly string[] | undefined,
  tap: TapState,
): Promise<readonly string[] | null | undefined> {
  const kinds = [
    { label: t("Any client"), isAny: true },
    { label: t("Only those that I list"), isAny: false },
  ] as const;
  const kind = await pickOne(kinds, { placeHolder: t("Which CURVE clients may connect?") });
  if (kind === undefined || kind.isAny) return kind === undefined ? undefined : null;
  const named = keys.filter(({ publicKey }) => publicKey !== null);
  const isNamed = (key: string): boolean => named.some(({ publicKey }) => publicKey === key);
  const others = [...(chosen ?? []).filter(isCurveKey), ...tap.waiting.map(({ client }) => client)];
  const choices = [
    ...named.map(({ name, publicKey }) => ({
      label: name,
      description: fingerprint(publicKey ?? ""),
      value: name,
      picked: [name, publicKey].some((one) => one !== null && chosen?.includes(one) === true),
    })),
    ...[...new Set(others)]
      .filter((key) => !isNamed(key))
      .map((key) => ({
        label: fingerprint(key),
        description: tap.waiting.some(({ client }) => client === key) ? t("waits") : "",
        value: key,
        picked: chosen?.includes(key) === true,
      })),
  ];
  const picked = await vscode.window.showQuickPick(choices, {
    placeHolder:
      choices.length === 0 ? t("No public key is known yet: clients wait until you allow them") : t("Who may connect?"),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked?.map(({ value }) => value);
}

import * as vscode from "vscode";
import { MAX_OPTION_CHARS, parseArrayFormat } from "../shared/arrayFormat.ts";
import { ENCODINGS, readChoice } from "../shared/decoderChoice.ts";
import { t } from "../shared/l10n.ts";
import type { DecoderChoice } from "../shared/model.ts";
import { SCALARS, scalarSize } from "../shared/scalars.ts";
import { parseStructFormat } from "../shared/structFormat.ts";
import type { ChoosableDecoder } from "../shared/viewProtocol.ts";
import { readSettings } from "./settings.ts";
import type { ProtoFiles } from "./protoFiles.ts";

type Item = vscode.QuickPickItem & { readonly choice: DecoderChoice };

/** Asks the user for the option of a decoder; `null` when they leave. `current` is what the frame is decoded with. */
export async function chooseDecoder(
  decoder: ChoosableDecoder,
  current: DecoderChoice | null,
  protoFiles: ProtoFiles,
): Promise<DecoderChoice | null> {
  const now = current === null ? undefined : readChoice(current);
  const option = now?.decoder === decoder ? now.option : "";
  switch (decoder) {
    case "numbers":
      return pick(numberItems(), current, t("Decode as Numbers"), t("How one number is written"));
    case "text":
      return pick(encodingItems(), current, t("Decode as Text"), t("Encoding of the text"));
    case "struct":
      return write({
        title: t("Decode as Structure"),
        prompt: t(
          "A format as Python's struct module takes it: < or > for the byte order, then counts and codes (b B h H i I q Q e f d, ? for bool, 10s for octets, x to skip).",
        ),
        placeHolder: "<IHf",
        value: option,
        problem: (text) => problemOf(parseStructFormat(text)),
        choice: (text) => `struct:${text}`,
      });
    case "numpy":
      return write({
        title: t("Decode as NumPy Array"),
        prompt: t("Type and shape: <f4 (-1, 3), uint8 480x640, float32. One length can be -1."),
        placeHolder: "<f4 (-1, 3)",
        value: option,
        problem: (text) => problemOf(parseArrayFormat(text)),
        choice: (text) => `numpy:${text}`,
      });
    case "protobuf":
      return pick(
        messageItems(protoFiles),
        current,
        t("Decode as Protobuf"),
        t("Message type of the workspace's .proto files"),
      );
    case "own":
      return pick(ownItems(), current, t("Decode with Your Own"), t("Decoders of the setting zmqTap.dialects"));
  }
}

function numberItems(): readonly Item[] {
  return SCALARS.flatMap((scalar): Item[] => {
    if (scalarSize(scalar) === 1) return [{ label: scalar, choice: `numbers:${scalar}` }];
    return [
      { label: scalar, description: "little-endian", choice: `numbers:${scalar}-le` },
      { label: scalar, description: "big-endian", choice: `numbers:${scalar}-be` },
    ];
  });
}

function encodingItems(): readonly Item[] {
  const utf8: Item = { label: "UTF-8", choice: "text" };
  return [utf8, ...ENCODINGS.map(({ label, title }): Item => ({ label: title, choice: `text:${label}` }))];
}

async function messageItems(protoFiles: ProtoFiles): Promise<readonly Item[]> {
  const types = await protoFiles.types();
  // Google's own types are rarely whole messages, so they come last.
  const [own, google] = [false, true].map((is) => types.filter((type) => type.startsWith("google.protobuf.") === is));
  const items = [...(own ?? []), ...(google ?? [])].map((type): Item => ({ label: type, choice: `protobuf:${type}` }));
  const without: Item = {
    label: t("Without a message type"),
    detail:
      own?.length === 0
        ? t('No .proto file was found by the setting "zmqTap.protobuf.files".')
        : t("Fields by their numbers"),
    choice: "protobuf",
  };
  return [without, ...items];
}

function ownItems(): readonly Item[] {
  const own = readSettings().settings.ownModules.filter(({ kind }) => kind === "decoder");
  const items = own.map(({ name, module }): Item => ({ label: name, description: module, choice: `own:${name}` }));
  const none: Item = {
    label: t("There is none"),
    detail: t('Write one as a JavaScript module, and name it in the setting "zmqTap.dialects".'),
    choice: "hex",
  };
  return items.length === 0 ? [none] : items;
}

async function pick(
  items: readonly Item[] | Promise<readonly Item[]>,
  current: DecoderChoice | null,
  title: string,
  placeHolder: string,
): Promise<DecoderChoice | null> {
  const marked = Promise.resolve(items).then((all) =>
    all.map((item) => (item.choice === current ? { ...item, iconPath: new vscode.ThemeIcon("check") } : item)),
  );
  const chosen = await vscode.window.showQuickPick(marked, { title, placeHolder, matchOnDescription: true });
  return chosen?.choice ?? null;
}

async function write(ask: {
  readonly title: string;
  readonly prompt: string;
  readonly placeHolder: string;
  readonly value: string;
  readonly problem: (text: string) => string | undefined;
  readonly choice: (text: string) => DecoderChoice;
}): Promise<DecoderChoice | null> {
  const { title, prompt, placeHolder, value } = ask;
  const validateInput = (text: string): string | undefined =>
    text.trim().length > MAX_OPTION_CHARS ? t("At most {0} characters.", MAX_OPTION_CHARS) : ask.problem(text.trim());
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    placeHolder,
    value,
    validateInput,
    ignoreFocusOut: true,
  });
  return text === undefined ? null : ask.choice(text.trim());
}

function problemOf(parsed: object): string | undefined {
  return "problem" in parsed && typeof parsed.problem === "string" ? parsed.problem : undefined;
}

import * as vscode from "vscode";
import { type DialectName, DIALECTS } from "../shared/dialects.ts";
import { t } from "../shared/l10n.ts";
import type { Row } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import { type CommandArguments, namedDialect } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import { chooseTap } from "./tapCommands.ts";
import { heldRow } from "./target.ts";

type Channel = { readonly tapName: string; readonly sockets: string | null };

/**
 * Says what a channel speaks: of a tap all of it, of a row the links with its sockets. `dialect` is a name, or `auto` for
 * what is found out. Answers with the choices there are.
 */
export async function setDialect(services: Services, args: CommandArguments): Promise<unknown> {
  const channel = await channelOf(services, args);
  if (channel === undefined) return undefined;
  const given = args.dialect === "auto" ? "auto" : namedDialect(args);
  const dialect = given ?? (await askDialect(services, args, channel));
  if (dialect === undefined) return undefined;
  await services.dialects.choose(channel.tapName, channel.sockets, dialect === "auto" ? null : dialect);
  return services.dialects.chosen;
}

async function channelOf(services: Services, args: CommandArguments): Promise<Channel | undefined> {
  const isOfRow = args.n !== undefined || (args.tap === undefined && services.views.find(args)?.activeRow != null);
  if (!isOfRow) {
    const tap = await chooseTap(
      services,
      args,
      t("Set the dialect of which tap?"),
      ({ config }) => config.socks === undefined,
    );
    return tap === undefined ? undefined : { tapName: tap.config.name, sockets: null };
  }
  const { capture, n } = await heldRow(services, args);
  const { row } = await services.engine.ask("message/read", { capture, n });
  if (row.kind !== "message") {
    throw new UserError(
      "no-message",
      t("Row {0} is no message, and only messages have a dialect. Choose a message.", n),
    );
  }
  return { tapName: row.tapName, sockets: socketsOf(row) };
}

function socketsOf({ sockets: { client, server } }: Row): string {
  return `${client ?? "?"}-${server ?? "?"}`;
}

async function askDialect(
  { dialects }: Services,
  args: CommandArguments,
  { tapName, sockets }: Channel,
): Promise<DialectName | "auto" | undefined> {
  if (args.quiet === true) {
    throw new UserError("no-dialect", 'No dialect was given. Call the command with {"dialect": "json-rpc"} or "auto".');
  }
  const now = dialects.chosen.find((choice) => choice.tapName === tapName && choice.sockets === sockets)?.dialect;
  const placeHolder =
    sockets === null
      ? t("Dialect of the tap {0}", tapName)
      : t("Dialect of {0} links of {1}", sockets.replace("-", t(" and ")), tapName);
  const choices = [
    {
      label: t("$(search) Detect"),
      description: t("from the messages"),
      dialect: "auto" as const,
    },
    ...DIALECTS.map((dialect) => ({
      label: dialect,
      ...(dialect === now ? { description: t("chosen") } : {}),
      ...(dialect === "raw" ? { detail: t("Frames as they are") } : {}),
      dialect,
    })),
  ];
  const picked = await vscode.window.showQuickPick(choices, { placeHolder });
  return picked?.dialect;
}

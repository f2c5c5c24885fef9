import type { TapState } from "../shared/model.ts";
import { isAgreed } from "./asking.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import { chooseTap } from "./tapCommands.ts";
import { requireTrust } from "./trust.ts";
import { t } from "../shared/l10n.ts";

/** Adds a subscriber of the tap's own to all topics, once the user has agreed to what that does to the publisher. */
export async function watchAllTopics(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(t("Watch All Topics"));
  const isFit = ({ config, status, watch }: TapState): boolean =>
    config.socks === undefined && watch === undefined && (status === "listening" || status === "server-down");
  const tap = await chooseTap(services, args, t("Watch all topics of which tap?"), isFit);
  if (tap === undefined) return undefined;
  const { name, server } = tap.config;
  const message = t('Watch all topics of "{0}"?', name);
  const detail = t(
    "This adds a subscriber of ZMQ Tap's own at {0} that asks for everything. The publisher then sends each message to it once more, also those that nobody else has subscribed to, and a program that counts subscribers counts one more. Its messages have the origin watch. Stop Watching All Topics takes it away.",
    server,
  );
  const isToWatch = await isAgreed(args, { message, detail, button: t("Watch") });
  return isToWatch ? services.taps.watchAll(tap.config.id, true) : undefined;
}

export async function stopWatchingAllTopics(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  const tap = await chooseTap(services, args, t("Stop watching which tap?"), ({ watch }) => watch !== undefined);
  return tap === undefined ? undefined : services.taps.watchAll(tap.config.id, false);
}

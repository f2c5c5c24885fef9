import * as bridges from "./bridgeCommands.ts";
import * as callFiles from "./callFileCommands.ts";
import { discardCapture, openCapture, recoverCapture } from "./captureCommands.ts";
import { type CommandArguments, readArguments } from "./commandArguments.ts";
import { compareWithSelected, selectForCompare } from "./compareCommands.ts";
import { setDialect } from "./dialectCommands.ts";
import { openDocs } from "./docsCommand.ts";
import { exportCapture, saveFrames } from "./exportCommands.ts";
import * as filters from "./filterCommands.ts";
import * as findings from "./findingCommands.ts";
import * as interventions from "./interventionCommands.ts";
import { attachJupyter } from "./jupyterCommand.ts";
import * as keyCommands from "./keyCommands.ts";
import { importKeys } from "./keyImport.ts";
import * as marks from "./markCommands.ts";
import * as messages from "./messageCommands.ts";
import { probeEndpoint } from "./probeCommand.ts";
import { saveAsCall } from "./saveAsCall.ts";
import { replaySelection, replaySession } from "./replayCommands.ts";
import { sendEdited } from "./sendEdited.ts";
import type { Services } from "./services.ts";
import { attachSocks } from "./socksCommand.ts";
import { answerCalls, listenForSignals } from "./standInCommands.ts";
import * as taps from "./tapCommands.ts";
import * as tapKeys from "./tapKeys.ts";
import { requireTrust } from "./trust.ts";
import { stopWatchingAllTopics, watchAllTopics } from "./watchCommands.ts";
import * as webBridges from "./webBridgeCommands.ts";
import { t } from "../shared/l10n.ts";

type Command = (services: Services, args: CommandArguments) => unknown;

/** Every contributed command; test/vscode/commands.test.ts holds package.json to the same ids. */
export const commands = {
  "zmqTap.attach": taps.attachTap,
  "zmqTap.attachJupyter": attachJupyter,
  "zmqTap.attachSocks": attachSocks,
  "zmqTap.stopTap": taps.stopTap,
  "zmqTap.startTap": taps.startTap,
  "zmqTap.removeTap": taps.removeTap,
  "zmqTap.stopAllTaps": taps.stopAllTaps,
  "zmqTap.stopCapturing": (services, args) => taps.captureTap(services, args, false),
  "zmqTap.startCapturing": (services, args) => taps.captureTap(services, args, true),
  "zmqTap.changeServer": taps.changeServer,
  "zmqTap.watchAllTopics": watchAllTopics,
  "zmqTap.stopWatchingAllTopics": stopWatchingAllTopics,
  "zmqTap.copyEndpoint": (services, args) =>
    args.bridge === undefined ? taps.copyEndpoint(services, args) : bridges.copyBridgeEndpoint(services, args),
  "zmqTap.showMessages": bridges.showMessages,
  "zmqTap.startBridge": bridges.startBridge,
  "zmqTap.restartBridge": bridges.restartBridge,
  "zmqTap.stopBridge": bridges.stopBridge,
  "zmqTap.removeBridge": bridges.removeBridge,
  "zmqTap.probeEndpoint": probeEndpoint,
  "zmqTap.answerCalls": answerCalls,
  "zmqTap.listenForSignals": listenForSignals,
  "zmqTap.startWebBridge": webBridges.startWebBridge,
  "zmqTap.restartWebBridge": webBridges.restartWebBridge,
  "zmqTap.stopWebBridge": webBridges.stopWebBridge,
  "zmqTap.removeWebBridge": webBridges.removeWebBridge,
  "zmqTap.copyWebBridgeUrl": webBridges.copyWebBridgeUrl,
  "zmqTap.copyWebBridgeToken": webBridges.copyWebBridgeToken,
  "zmqTap.openInspector": openInspector,
  "zmqTap.clearLog": marks.clearLog,
  "zmqTap.clearAllButPinned": marks.clearAllButPinned,
  "zmqTap.pinMessage": (services, args) => marks.pinMessage(services, args, true),
  "zmqTap.unpinMessage": (services, args) => marks.pinMessage(services, args, false),
  "zmqTap.editNote": marks.editNote,
  "zmqTap.pauseDisplay": (services) => setPaused(services, true),
  "zmqTap.resumeDisplay": (services) => setPaused(services, false),
  "zmqTap.replayMessage": messages.replayMessage,
  "zmqTap.editAndReplay": messages.editAndReplay,
  "zmqTap.sendEdited": sendEdited,
  "zmqTap.replaySession": replaySession,
  "zmqTap.replayLog": (services, args) => replaySession(services, { ...args, webview: "zmqTap.messages" }),
  "zmqTap.replaySelection": replaySelection,
  "zmqTap.copyMessageAs": messages.copyMessageAs,
  "zmqTap.copyAs.text": (services, args) => messages.copyMessageAs(services, { ...args, format: "text" }),
  "zmqTap.copyAs.json": (services, args) => messages.copyMessageAs(services, { ...args, format: "json" }),
  "zmqTap.copyAs.hex": (services, args) => messages.copyMessageAs(services, { ...args, format: "hex" }),
  "zmqTap.copyAs.base64": (services, args) => messages.copyMessageAs(services, { ...args, format: "base64" }),
  "zmqTap.copyAs.python": (services, args) => messages.copyMessageAs(services, { ...args, format: "python" }),
  "zmqTap.copyAs.javascript": (services, args) => messages.copyMessageAs(services, { ...args, format: "javascript" }),
  "zmqTap.copyAs.command": (services, args) => messages.copyMessageAs(services, { ...args, format: "command" }),
  "zmqTap.openInInspector": messages.openInInspector,
  "zmqTap.goToReply": (services, args) => messages.goToPartner(services, args, "reply"),
  "zmqTap.goToRequest": (services, args) => messages.goToPartner(services, args, "request"),
  "zmqTap.newCall": messages.newCall,
  "zmqTap.sendCall": (services, args) => callFiles.sendCall(services, args),
  "zmqTap.sendCallTo": callFiles.sendCallTo,
  "zmqTap.runCalls": callFiles.runCalls,
  "zmqTap.cancelCalls": callFiles.cancelCalls,
  "zmqTap.showCallResults": callFiles.showCallResults,
  "zmqTap.openCall": callFiles.openCall,
  "zmqTap.newCallFile": () => callFiles.newCallFile(),
  "zmqTap.selectEnvironment": callFiles.selectEnvironment,
  "zmqTap.saveAsCall": saveAsCall,
  "zmqTap.callAgain": messages.callAgain,
  "zmqTap.filterBy.equals": (services, args) => filters.filterBy(services, args, true),
  "zmqTap.filterBy.notEquals": (services, args) => filters.filterBy(services, args, false),
  "zmqTap.filterBy.conversation": filters.onlyThisConversation,
  "zmqTap.followConversation": filters.followConversation,
  "zmqTap.follow.link": (services, args) => filters.followConversation(services, { ...args, what: "link" }),
  "zmqTap.follow.exchange": (services, args) => filters.followConversation(services, { ...args, what: "exchange" }),
  "zmqTap.follow.topic": (services, args) => filters.followConversation(services, { ...args, what: "topic" }),
  "zmqTap.follow.correlation": (services, args) =>
    filters.followConversation(services, { ...args, what: "correlation" }),
  "zmqTap.saveFilter": filters.saveFilter,
  "zmqTap.setDialect": setDialect,
  "zmqTap.selectForCompare": selectForCompare,
  "zmqTap.compareWithSelected": compareWithSelected,
  "zmqTap.openCapture": openCapture,
  "zmqTap.recoverCapture": recoverCapture,
  "zmqTap.discardCapture": discardCapture,
  "zmqTap.exportCapture": exportCapture,
  "zmqTap.exportLog": (services, args) => exportCapture(services, { ...args, webview: "zmqTap.messages" }),
  "zmqTap.saveFrames": saveFrames,
  "zmqTap.generateKeyPair": keyCommands.generateKeyPair,
  "zmqTap.importKeys": importKeys,
  "zmqTap.exportPublicKey": keyCommands.exportPublicKey,
  "zmqTap.exportKeyPair": keyCommands.exportKeyPair,
  "zmqTap.copyPublicKey": keyCommands.copyPublicKey,
  "zmqTap.renameKey": keyCommands.renameKey,
  "zmqTap.deleteKey": keyCommands.deleteKey,
  "zmqTap.addPlainUser": keyCommands.addPlainUser,
  "zmqTap.setTapKeys": tapKeys.setTapKeys,
  "zmqTap.allowClient": tapKeys.allowClient,
  "zmqTap.denyClient": tapKeys.denyClient,
  "zmqTap.jumpToRow": findings.jumpToRow,
  "zmqTap.filterByFinding": findings.filterByFinding,
  "zmqTap.explainFinding": findings.explainFinding,
  "zmqTap.attachThere": taps.attachTap,
  "zmqTap.disableFinding": findings.disableFinding,
  "zmqTap.holdMessages": interventions.holdMessages,
  "zmqTap.injectFault": interventions.injectFault,
  "zmqTap.stopInterventions": interventions.stopInterventions,
  "zmqTap.releaseHeld": interventions.releaseHeld,
  "zmqTap.releaseAllHeld": interventions.releaseAllHeld,
  "zmqTap.editHeld": interventions.editHeld,
  "zmqTap.dropHeld": interventions.dropHeld,
  "zmqTap.startDemo": startDemo,
  "zmqTap.stopDemo": (services) => services.demo.stop(),
  "zmqTap.openDocs": openDocs,
  "zmqTap.showOutput": (services) => services.log.show(),
} satisfies Record<string, Command>;

/** Runs a command with what a menu or a script gave it. Throws for an id that is not in the table, which is a bug. */
export function runCommand(services: Services, id: string, given: unknown): unknown {
  const command = (commands as Readonly<Record<string, Command>>)[id];
  if (command === undefined) throw new Error(`No command has the id ${id}.`);
  return command(services, readArguments(given));
}

/** Brings the inspector to the front, with the row that it was asked for from the side bar's log. */
function openInspector({ inspector }: Services, { n }: CommandArguments): void {
  if (n === undefined) inspector.show();
  else inspector.tell({ kind: "row/reveal", n });
}

function setPaused({ display, views }: Services, paused: boolean): void {
  display.isPaused = paused;
  views.notifyLive({ kind: "display/paused", paused });
}

async function startDemo({ demo }: Services): Promise<unknown> {
  requireTrust(t("Start Demo"));
  return demo.start();
}

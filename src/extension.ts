import * as vscode from "vscode";
import { createApi, type ZmqTapApi } from "./host/api.ts";
import { registerAssistantTools } from "./host/assistantRegistration.ts";
import { Bridges } from "./host/bridges.ts";
import { CallFiles } from "./host/callFiles.ts";
import { Calls } from "./host/calls.ts";
import { CallTree } from "./host/callTree.ts";
import { CaptureFiles } from "./host/captureFiles.ts";
import { LiveSource } from "./host/captureSource.ts";
import { contributedCommands, registerCommands } from "./host/commandRegistry.ts";
import { Comparison } from "./host/comparison.ts";
import { CurveNotice } from "./host/curveNotice.ts";
import { Demo } from "./host/demo.ts";
import { DialectChoices } from "./host/dialectChoices.ts";
import { Display } from "./host/display.ts";
import { EditedMessages } from "./host/editedMessage.ts";
import { Engine } from "./host/engine.ts";
import { Filters } from "./host/filters.ts";
import { Findings } from "./host/findings.ts";
import { FirstSteps } from "./host/firstSteps.ts";
import type { Interventions } from "./host/interventions.ts";
import { InspectorPanel } from "./host/inspectorPanel.ts";
import { KeyStore } from "./host/keyStore.ts";
import { KeyTree } from "./host/keyTree.ts";
import { LastCapture } from "./host/lastCapture.ts";
import { LaterPart } from "./host/laterPart.ts";
import { MessagesView } from "./host/messagesView.ts";
import { OwnModules } from "./host/ownModules.ts";
import { ProtoFiles } from "./host/protoFiles.ts";
import { Recovery } from "./host/recovery.ts";
import { reportWarning } from "./host/reportFailure.ts";
import { Sending } from "./host/sending.ts";
import { captureFolder, queueFolder, readSettings } from "./host/settings.ts";
import { startWithWorkspace } from "./host/startup.ts";
import { followSequences } from "./host/sequences.ts";
import { createStatusBar } from "./host/statusBar.ts";
import { Taps } from "./host/taps.ts";
import { TapTree } from "./host/tapTree.ts";
import { Views } from "./host/views.ts";
import { WebBridgeList } from "./host/webBridgeList.ts";
import type { WebBridges } from "./host/webBridges.ts";

/** Builds the extension. No engine is started here unless taps are to start with the workspace. */
export function activate(context: vscode.ExtensionContext): ZmqTapApi {
  const { extensionUri, workspaceState: memory } = context;
  const bundle = (name: string): string => vscode.Uri.joinPath(extensionUri, "dist", name).fsPath;
  const log = vscode.window.createOutputChannel("ZMQ Tap", { log: true });
  const limits = () => readSettings().settings.limits;
  const lingerMs = () => readSettings().settings.lingerMs;
  const path = bundle("engine.cjs");
  const adopt = async (door: string) => {
    const { adoptEngine } = await import("./host/adoption.ts");
    return adoptEngine({ door, script: path, mayAdopt: vscode.workspace.isTrusted, log });
  };
  const engine = new Engine({ path, log, limits, lingerMs, adopt, storage: captureFolder(context.storageUri) });
  const display = new Display(engine, memory);
  const keys = new KeyStore(context.secrets, (message) => reportWarning(log, message));
  const taps = new Taps(engine, memory, keys);
  const bridges = new Bridges({ engine, memory, keys, storage: queueFolder(context.storageUri), log });
  const views = new Views();
  const filters = new Filters(memory, () => readSettings().settings.savedFilters);
  const dialects = new DialectChoices(engine, taps, memory, log);
  const sending = new Sending(engine, display, keys);
  const live = new LiveSource(engine, display);
  const protoFiles = new ProtoFiles(engine, log);
  const interventions = new LaterPart<Interventions>();
  const shared = {
    engine,
    taps,
    bridges,
    display,
    sending,
    filters,
    dialects,
    views,
    protoFiles,
    firstSteps: new FirstSteps(),
    interventions,
    live,
    log,
  };
  const inspector = new InspectorPanel(extensionUri, shared);
  const messagesView = new MessagesView(extensionUri, shared);
  const captureFiles = new CaptureFiles(extensionUri, shared);
  const editedMessages = new EditedMessages(engine);
  const comparison = new Comparison(engine);
  const lastCapture = new LastCapture(engine, memory);
  const demo = new Demo(bundle("demo/demo.cjs"), taps, log);
  const pages = { inspector, messagesView, captureFiles, editedMessages, comparison };
  const calls = new Calls(memory);
  const webBridges = new WebBridgeList<WebBridges>();
  const ownModules = new OwnModules(engine, views, log);
  const { api, own } = createApi(engine, taps, bridges, ownModules);
  context.subscriptions.push(
    vscode.Disposable.from(
      registerCommands(
        { ...shared, ...pages, memory, lastCapture, demo, keys, calls, webBridges },
        contributedCommands(context.extension),
      ),
      ...Object.values(pages).map((page) => page.register()),
      registerAssistantTools({ ...shared, captureFiles }, context.extension),
      new TapTree(taps, bridges, keys, webBridges),
      ownModules,
      new KeyTree(keys, taps, bridges),
      new CallTree(calls),
      new CallFiles({ engine, taps, keys, calls }),
      new CurveNotice(taps),
      new Findings(engine, log),
      createStatusBar(taps, bridges),
      new Recovery({ engine, taps, bridges, display, views, lastCapture, log }),
      views.follow({ engine, taps, bridges, display, filters, dialects }),
      startWithWorkspace({ engine, taps, bridges, webBridges, log }),
      followSequences(engine, log),
      own,
      inspector,
      demo,
      lastCapture,
      dialects,
      calls,
      webBridges,
      interventions,
      filters,
      protoFiles,
      display,
      bridges,
      taps,
      keys,
      engine,
      log,
    ),
  );
  return api;
}

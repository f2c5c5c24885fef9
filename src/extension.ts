import * as vscode from "vscode";
import { createApi, type ZmqTapApi } from "./host/api.ts";
import { registerCommands } from "./host/commands.ts";
import { CurveNotice } from "./host/curveNotice.ts";
import { Demo } from "./host/demo.ts";
import { Display } from "./host/display.ts";
import { EditedMessages } from "./host/editedMessage.ts";
import { Engine } from "./host/engine.ts";
import { InspectorPanel } from "./host/inspectorPanel.ts";
import { KeyStore } from "./host/keyStore.ts";
import { KeyTree } from "./host/keyTree.ts";
import { MessagesView } from "./host/messagesView.ts";
import { Recovery } from "./host/recovery.ts";
import { reportWarning } from "./host/reportFailure.ts";
import { Sending } from "./host/sending.ts";
import { readSettings } from "./host/settings.ts";
import { startWithWorkspace } from "./host/startup.ts";
import { createStatusBar } from "./host/statusBar.ts";
import { Taps } from "./host/taps.ts";
import { TapTree } from "./host/tapTree.ts";
import { Views } from "./host/views.ts";

/** Builds the extension. No engine is started here unless taps are to start with the workspace. */
export function activate(context: vscode.ExtensionContext): ZmqTapApi {
  const { extensionUri, workspaceState: memory } = context;
  const bundle = (name: string): string => vscode.Uri.joinPath(extensionUri, "dist", name).fsPath;
  const log = vscode.window.createOutputChannel("ZMQ Tap", { log: true });
  const engine = new Engine({ path: bundle("engine.cjs"), log, limits: () => readSettings().settings.limits });
  const display = new Display(engine, memory);
  const keys = new KeyStore(context.secrets, (message) => reportWarning(log, message));
  const taps = new Taps(engine, memory, keys);
  const views = new Views();
  const sending = new Sending(engine, display);
  const shared = { engine, taps, display, sending, log };
  const inspector = new InspectorPanel(extensionUri, shared, views);
  const messagesView = new MessagesView(extensionUri, shared, views);
  const editedMessages = new EditedMessages(engine, sending);
  const demo = new Demo(bundle("demo/demo.cjs"), taps, log);
  const services = { ...shared, memory, views, inspector, messagesView, editedMessages, demo, keys };
  const { api, own } = createApi(engine, taps);
  context.subscriptions.push(
    vscode.Disposable.from(
      registerCommands(services),
      inspector.register(),
      messagesView.register(),
      editedMessages.register(),
      new TapTree(taps, keys),
      new KeyTree(keys, taps),
      new CurveNotice(taps),
      createStatusBar(taps),
      new Recovery({ engine, taps, display, views, log }),
      views.follow(engine, taps, display),
      startWithWorkspace({ engine, taps, log }),
      own,
      inspector,
      demo,
      display,
      taps,
      keys,
      engine,
      log,
    ),
  );
  return api;
}

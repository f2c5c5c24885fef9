import type * as vscode from "vscode";
import type { Demo } from "./demo.ts";
import type { EditedMessages } from "./editedMessage.ts";
import type { InspectorPanel } from "./inspectorPanel.ts";
import type { KeyStore } from "./keyStore.ts";
import type { MessagesView } from "./messagesView.ts";
import type { ViewServices } from "./viewBridge.ts";
import type { Views } from "./views.ts";

/** What commands work with. */
export type Services = ViewServices & {
  readonly memory: vscode.Memento;
  readonly views: Views;
  readonly inspector: InspectorPanel;
  readonly messagesView: MessagesView;
  readonly editedMessages: EditedMessages;
  readonly demo: Demo;
  readonly keys: KeyStore;
};

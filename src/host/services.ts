import type * as vscode from "vscode";
import type { Calls } from "./calls.ts";
import type { CaptureFiles } from "./captureFiles.ts";
import type { Comparison } from "./comparison.ts";
import type { Demo } from "./demo.ts";
import type { EditedMessages } from "./editedMessage.ts";
import type { InspectorPanel } from "./inspectorPanel.ts";
import type { Interventions } from "./interventions.ts";
import type { KeyStore } from "./keyStore.ts";
import type { LastCapture } from "./lastCapture.ts";
import type { LaterPart } from "./laterPart.ts";
import type { MessagesView } from "./messagesView.ts";
import type { ViewServices } from "./viewBridge.ts";
import type { WebBridgeList } from "./webBridgeList.ts";
import type { WebBridges } from "./webBridges.ts";

/** What commands work with. */
export type Services = ViewServices & {
  readonly memory: vscode.Memento;
  readonly inspector: InspectorPanel;
  readonly messagesView: MessagesView;
  readonly editedMessages: EditedMessages;
  readonly captureFiles: CaptureFiles;
  readonly comparison: Comparison;
  readonly lastCapture: LastCapture;
  readonly demo: Demo;
  readonly keys: KeyStore;
  readonly calls: Calls;
  readonly webBridges: WebBridgeList<WebBridges>;
  readonly interventions: LaterPart<Interventions>;
};

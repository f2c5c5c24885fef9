import * as vscode from "vscode";
import type { LanguageParts } from "./callLanguage.ts";

const LANGUAGE = "zmqrpc";
const RESULT_SCHEME = "zmqtap-results";
const RESULT_LANGUAGE = "zmqrpc-results";
/** What is typed is checked once it rests so long. */
const CHECK_AFTER_MS = 150;

/** The address of a document that shows what the calls of a file came to. */
export function resultsUri(file: vscode.Uri): vscode.Uri {
  const name = file.path.split("/").at(-1) ?? "";
  return vscode.Uri.from({ scheme: RESULT_SCHEME, path: `/Results of ${name}`, query: file.toString() });
}

/**
 * What the editor does with call files: completion, hover, diagnostics, outline, folding, formatting, and Send above each
 * call; and the documents beside them with what came of it. The code behind it is loaded when a call file is first opened.
 */
export class CallFiles implements vscode.Disposable {
  readonly #parts: LanguageParts;
  readonly #problems = vscode.languages.createDiagnosticCollection(LANGUAGE);
  readonly #lensChanges = new vscode.EventEmitter<void>();
  readonly #resultChanges = new vscode.EventEmitter<vscode.Uri>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #own: vscode.Disposable;

  constructor(parts: LanguageParts) {
    this.#parts = parts;
    const selector = { language: LANGUAGE };
    const load = (): Promise<typeof import("./callLanguage.ts")> => import("./callLanguage.ts");
    this.#own = vscode.Disposable.from(
      this.#problems,
      this.#lensChanges,
      this.#resultChanges,
      vscode.languages.registerCompletionItemProvider(
        selector,
        { provideCompletionItems: async (document, position) => (await load()).completions(parts, document, position) },
        ":",
        " ",
        "{",
        '"',
        ".", // prettier-ignore
      ),
      vscode.languages.registerHoverProvider(selector, {
        provideHover: async (document, position) => (await load()).hover(parts, document, position),
      }),
      vscode.languages.registerDocumentSymbolProvider(selector, {
        provideDocumentSymbols: async (document) => (await load()).symbols(document),
      }),
      vscode.languages.registerFoldingRangeProvider(selector, {
        provideFoldingRanges: async (document) => (await load()).foldings(document),
      }),
      vscode.languages.registerDocumentFormattingEditProvider(selector, {
        provideDocumentFormattingEdits: async (document) => (await load()).format(document),
      }),
      vscode.languages.registerCodeActionsProvider(
        selector,
        { provideCodeActions: async (document, _range, context) => (await load()).fixes(document, context) },
        { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
      ),
      vscode.languages.registerCodeLensProvider(selector, {
        onDidChangeCodeLenses: this.#lensChanges.event,
        // Nothing is sent from a workspace that is not trusted.
        provideCodeLenses: async (document) =>
          vscode.workspace.isTrusted ? (await load()).lenses(parts, document) : [],
      }),
      vscode.workspace.registerTextDocumentContentProvider(RESULT_SCHEME, {
        onDidChange: this.#resultChanges.event,
        provideTextDocumentContent: async ({ query }) =>
          (await load()).resultsOf(parts.calls.shown(vscode.Uri.parse(query))),
      }),
      vscode.languages.registerCodeLensProvider(
        { scheme: RESULT_SCHEME },
        {
          onDidChangeCodeLenses: this.#lensChanges.event,
          provideCodeLenses: async ({ uri }) => {
            const file = vscode.Uri.parse(uri.query);
            return (await load()).resultLenses(file, parts.calls.shown(file));
          },
        },
      ),
      vscode.workspace.onDidOpenTextDocument((document) => {
        if (document.uri.scheme === RESULT_SCHEME && document.languageId !== RESULT_LANGUAGE) {
          void vscode.languages.setTextDocumentLanguage(document, RESULT_LANGUAGE);
        }
        this.#check(document);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#checkSoon(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#problems.delete(uri)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#lensChanges.fire()),
      parts.calls.onDidChange((file) => {
        this.#lensChanges.fire();
        if (file === null) this.#checkAll();
        else this.#resultChanges.fire(resultsUri(file));
      }),
    );
    this.#checkAll();
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#own.dispose();
  }

  #checkAll(): void {
    vscode.workspace.textDocuments.forEach((document) => this.#check(document));
  }

  #checkSoon(document: vscode.TextDocument): void {
    if (document.languageId !== LANGUAGE) {
      // Variables of a file beside call files.
      if (document.uri.path.endsWith("/zmqrpc.env.json") && !document.isDirty) this.#checkAll();
      return;
    }
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        this.#check(document);
      }, CHECK_AFTER_MS),
    );
  }

  #check(document: vscode.TextDocument): void {
    if (document.languageId !== LANGUAGE) return;
    const { version } = document;
    void import("./callLanguage.ts")
      .then(({ diagnostics }) => diagnostics(this.#parts, document))
      .then((found) => {
        if (document.version === version && !document.isClosed) this.#problems.set(document.uri, found);
      });
  }
}

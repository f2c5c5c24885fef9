import ts from "typescript";

/** A text that is said in the user's language: the first argument of `t`, `rich` or `vscode.l10n.t`. */
type Message = { readonly text: string; readonly at: string };

/** Words for people that no call of these holds. `from` and `to` are offsets in the source. */
type Untranslated = {
  readonly text: string;
  readonly at: string;
  readonly kind: "literal" | "markup" | "attribute";
  readonly from: number;
  readonly to: number;
  /** Sources of the expressions that stand at {0}, {1}… of the text. */
  readonly values: readonly ts.Expression[];
};

export type MessagesOfFile = {
  readonly messages: readonly Message[];
  readonly untranslated: readonly Untranslated[];
  /** Calls that cannot be looked up in a bundle, or whose placeholders and arguments do not fit. */
  readonly problems: readonly string[];
};

/** Calls whose texts are for developers, logs or machines. */
const TECHNICAL_CALLS =
  /(^|[.#])(log|console)[.]\w+$|(^|[.])(getConfiguration|get|ask|executeCommand|querySelector|querySelectorAll|closest|getElementById|addEventListener|removeEventListener|customElements[.]define|registerCommand|affectsConfiguration|startsWith|endsWith|includes|indexOf|matches|match|replace|replaceAll|split|join|getPropertyValue|setProperty|setAttribute|getAttribute|removeAttribute|createElement|createTreeView|createStatusBarItem|createOutputChannel|dispatchEvent|runCommand|importModule)$/;

const TECHNICAL_NEW = /^(Error|RangeError|TypeError|RegExp|CustomEvent|URL|.*ThemeIcon|.*ThemeColor|Intl[.].*)$/;

/** Properties whose values are never words for people. */
const TECHNICAL_PROPERTIES = new Set([
  ...["kind", "id", "icon", "command", "name", "color", "className", "class", "type", "scheme", "encoding", "place"],
  ...["contextValue", "viewType", "language", "mode", "flag", "value", "pattern", "format", "event", "look", "dash"],
]);

/** Reads the messages of one file of TypeScript, and what in it reads like words for people. */
export function readMessages(file: string, source: string): MessagesOfFile {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.ES2023, true);
  const messages: Message[] = [];
  const untranslated: Untranslated[] = [];
  const problems: string[] = [];
  const at = (offset: number): string => `${file}:${parsed.getLineAndCharacterOfPosition(offset).line + 1}`;

  const visit = (node: ts.Node): void => {
    if (isTechnical(node)) return;
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText(parsed);
      if (/(^|[.])l10n[.]t$|^t$|^rich$/.test(called)) {
        readCall(node);
        for (const argument of node.arguments.slice(1)) visit(argument);
        return;
      }
      if (TECHNICAL_CALLS.test(called)) {
        for (const argument of node.arguments) if (!isText(argument)) visit(argument);
        visit(node.expression);
        return;
      }
    }
    if (ts.isTaggedTemplateExpression(node)) {
      if (node.tag.getText(parsed) === "html") untranslated.push(...markupTexts(node.template, parsed, at));
      for (const value of valuesOf(node.template)) visit(value);
      return;
    }
    if (isText(node)) {
      const { text, values } = textOf(node);
      if (readsLikeWords(text)) {
        const [from, to] = [node.getStart(parsed), node.getEnd()];
        untranslated.push({ text, at: at(from), kind: "literal", from, to, values });
        for (const value of values) visit(value);
        return;
      }
    }
    ts.forEachChild(node, visit);
  };

  const readCall = (call: ts.CallExpression): void => {
    const [first, ...given] = call.arguments;
    const place = at(call.getStart(parsed));
    const texts = first === undefined ? null : alternatives(first);
    if (texts === null || given.some((argument) => ts.isSpreadElement(argument))) {
      problems.push(`${place}: a message is a literal, or a choice of literals, and each argument is written out.`);
      return;
    }
    const used = new Set(texts.flatMap((text) => placeholders(text)));
    if ([...used].some((one) => Number(one) >= given.length) || used.size !== given.length) {
      problems.push(`${place}: ${given.length} arguments do not fit ${texts.join(" | ")}`);
    }
    messages.push(...texts.map((text) => ({ text, at: place })));
  };

  visit(parsed);
  return { messages, untranslated, problems };
}

/** The places of a message that its arguments are put into: `["0", "1"]`. */
export function placeholders(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, name]) => name!))].sort();
}

function alternatives(node: ts.Expression): readonly string[] | null {
  if (ts.isParenthesizedExpression(node)) return alternatives(node.expression);
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (!ts.isConditionalExpression(node)) return null;
  const [one, other] = [alternatives(node.whenTrue), alternatives(node.whenFalse)];
  return one === null || other === null ? null : [...one, ...other];
}

function isTechnical(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return true;
  if (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return true;
  if (ts.isNewExpression(node) && TECHNICAL_NEW.test(node.expression.getText())) return true;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  const { parent } = node as { parent?: ts.Node };
  if (parent === undefined || !isText(node)) return false;
  if (ts.isCaseClause(parent)) return true;
  if (ts.isBinaryExpression(parent) && /^(===|!==|in)$/.test(parent.operatorToken.getText())) return true;
  if (ts.isElementAccessExpression(parent) || ts.isLiteralTypeNode(parent)) return true;
  if (ts.isPropertyAssignment(parent)) {
    if (parent.name === node) return true;
    return TECHNICAL_PROPERTIES.has(parent.name.getText()) && !/\s/.test(node.getText());
  }
  // The code of an error.
  return ts.isNewExpression(parent) && parent.arguments?.[0] === node && parent.expression.getText() === "UserError";
}

type Text = ts.StringLiteralLike | ts.TemplateExpression;

function isText(node: ts.Node): node is Text {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

function textOf(node: Text): { readonly text: string; readonly values: readonly ts.Expression[] } {
  if (ts.isStringLiteralLike(node)) return { text: node.text, values: [] };
  const spans = node.templateSpans;
  return {
    text: node.head.text + spans.map(({ literal }, index) => `{${index}}${literal.text}`).join(""),
    values: spans.map(({ expression }) => expression),
  };
}

function valuesOf(template: ts.TemplateLiteral): readonly ts.Expression[] {
  return ts.isTemplateExpression(template) ? template.templateSpans.map(({ expression }) => expression) : [];
}

/** Two words beside each other, or one that begins as a sentence or a title does. */
function readsLikeWords(text: string): boolean {
  const words = text
    .replaceAll(/\$\([\w~-]+\)/g, " ")
    .replaceAll(/\{\d+\}/g, "…")
    .trim();
  if (/^[\w-]+: [\w'-]+$|^(codicon|icon-button|link-button|var\(|tcp:|ipc:|http:)/.test(words)) return false;
  return (
    /[A-Za-z'"”)]{2,}[,.:;?!…]* +[A-Za-z(“"…]|…[,;:]? [a-z]{2,}|[a-z]{2,} …/.test(words) ||
    /^…?[A-Z][a-z]+[….!?]*$/.test(words)
  );
}

const SAID_ATTRIBUTES = new Set(["title", "aria-label", "placeholder", "label", "alt", "aria-description"]);

/** Texts and attributes for people in the static parts of an HTML template. */
function markupTexts(
  template: ts.TemplateLiteral,
  parsed: ts.SourceFile,
  at: (offset: number) => string,
): readonly Untranslated[] {
  const found: Untranslated[] = [];
  const source = parsed.text;
  const values = valuesOf(template);
  const end = template.getEnd() - 1;
  let where: "text" | "tag" | "value" = "text";
  let attribute = "";
  let from = template.getStart(parsed) + 1;
  let next = 0;
  let shown: ts.Expression[] = [];
  let text = "";
  const finish = (to: number, kind: "markup" | "attribute"): void => {
    const isSaid = kind === "markup" || SAID_ATTRIBUTES.has(attribute);
    if (isSaid && /[A-Za-z]{2,}/.test(text.replaceAll(/\{\d+\}|&\w+;/g, " "))) {
      const lead = text.length - text.trimStart().length;
      found.push({
        text: text.trim().replaceAll(/\s+/g, " "),
        at: at(from + lead),
        kind,
        from: from + lead,
        to: to - (text.length - text.trimEnd().length),
        values: shown,
      });
    }
    text = "";
    shown = [];
  };
  for (let i = from; i < end; i++) {
    if (source.startsWith("${", i)) {
      const value = values[next++]!;
      const close = source.indexOf("}", value.getEnd());
      if (where !== "tag") {
        text += `{${shown.length}}`;
        shown.push(value);
      }
      i = close;
      continue;
    }
    const char = source[i]!;
    if (where === "value") {
      if (char === '"') {
        finish(i, "attribute");
        where = "tag";
      } else text += char;
    } else if (where === "tag") {
      if (char === ">") {
        where = "text";
        from = i + 1;
      } else if (char === '"') {
        attribute = /([\w-]+)=$/.exec(source.slice(0, i))?.[1] ?? "";
        where = "value";
        from = i + 1;
      }
    } else if (char === "<") {
      finish(i, "markup");
      where = "tag";
    } else text += char;
  }
  if (where === "text") finish(end, "markup");
  return found;
}

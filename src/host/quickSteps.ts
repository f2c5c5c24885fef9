import * as vscode from "vscode";

/** What a step of a multi-step input ends with: a value, a step back, or the user's leaving. */
export type StepEnd<T> =
  { readonly kind: "next"; readonly value: T } | { readonly kind: "back" } | { readonly kind: "cancelled" };

type StepFrame = {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly placeholder: string;
};

export type Choice<T> = vscode.QuickPickItem & {
  readonly value?: T;
  /** Made from what was typed. */
  readonly isTyped?: true;
};

type PickOptions<T> = StepFrame & {
  readonly choices: (typed: string) => readonly Choice<T>[];
  /** Choices that take a while to find; shown when they are there. */
  readonly later?: Promise<unknown>;
};

/** A list to choose from, or to type into: `choices` is asked again after every change of the text. */
export function pickStep<T>(options: PickOptions<T>): Promise<StepEnd<T>> {
  const pick = vscode.window.createQuickPick<Choice<T>>();
  prepare(pick, options);
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  const draw = (): void => {
    pick.items = options.choices(pick.value.trim());
  };
  draw();
  if (options.later !== undefined) {
    pick.busy = true;
    void options.later.then(() => {
      pick.busy = false;
      draw();
    });
  }
  return run(pick, (end) => [
    pick.onDidChangeValue(draw),
    pick.onDidAccept(() => {
      const active = pick.activeItems[0];
      // Whoever types fast accepts before the list has followed the text, which is what counts.
      const typed = options.choices(pick.value.trim()).find((one) => one.isTyped);
      const chosen = active === undefined || active.isTyped === true ? typed : active;
      if (chosen?.value !== undefined) end({ kind: "next", value: chosen.value });
    }),
  ]);
}

/** A list to choose from that another question may follow. Resolves with nothing when the user leaves. */
export async function pickOne<T extends vscode.QuickPickItem>(
  choices: readonly T[],
  options: { readonly title?: string; readonly placeHolder: string },
): Promise<T | undefined> {
  const pick = vscode.window.createQuickPick<T>();
  pick.title = options.title;
  pick.placeholder = options.placeHolder;
  pick.items = choices;
  const end = await run<T>(pick, (finish) => [
    pick.onDidAccept(() => {
      const [chosen] = pick.activeItems;
      if (chosen !== undefined) finish({ kind: "next", value: chosen });
    }),
  ]);
  return end.kind === "next" ? end.value : undefined;
}

type TextOptions = StepFrame & {
  readonly prompt: string;
  readonly value: string;
  /** Why the text cannot be used, or nothing. */
  readonly problem: (typed: string) => string | undefined;
};

/** A text with a suggestion, checked while typing. */
export function textStep(options: TextOptions): Promise<StepEnd<string>> {
  const input = vscode.window.createInputBox();
  prepare(input, options);
  input.prompt = options.prompt;
  input.value = options.value;
  const check = (): void => {
    input.validationMessage = options.problem(input.value.trim());
  };
  check();
  return run(input, (end) => [
    input.onDidChangeValue(check),
    input.onDidAccept(() => {
      const value = input.value.trim();
      if (options.problem(value) === undefined) end({ kind: "next", value });
    }),
  ]);
}

type AnyInput = vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox;

function prepare(input: AnyInput, { title, step, totalSteps, placeholder }: StepFrame): void {
  input.title = title;
  input.step = step;
  input.totalSteps = totalSteps;
  input.placeholder = placeholder;
  input.ignoreFocusOut = true;
  if (step > 1) input.buttons = [vscode.QuickInputButtons.Back];
}

function run<T>(
  input: vscode.QuickInput & { readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton> },
  listen: (end: (end: StepEnd<T>) => void) => readonly vscode.Disposable[],
): Promise<StepEnd<T>> {
  return new Promise((resolve) => {
    const end = (how: StepEnd<T>): void => {
      resolve(how);
      vscode.Disposable.from(...listeners).dispose();
      leave(input);
    };
    const listeners = [
      ...listen(end),
      input.onDidTriggerButton((button) => {
        if (button === vscode.QuickInputButtons.Back) end({ kind: "back" });
      }),
      input.onDidHide(() => end({ kind: "cancelled" })),
    ];
    input.show();
  });
}

/**
 * Hides a question that was answered, once the next one had the chance to take its place. Where none is shown in between,
 * VS Code gives the keyboard back to what had it, which a webview may take late: then the next question closes at once.
 */
function leave(input: vscode.QuickInput): void {
  setImmediate(() => input.dispose());
}

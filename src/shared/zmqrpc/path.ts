/** A step into a value: a member's name or an element's place, negative from the end. */
export type Step = string | number;

/** Where in a reply: `value.items[0]["odd name"]`. */
export type Path = { readonly root: string; readonly steps: readonly Step[] };

const MAX_STEPS = 100;
const ROOT = /^[a-z]+/;
const NAME = /^\.([A-Za-z_$][\w$-]*)/;
const INDEX = /^\[(-?\d{1,9})\]/;
const QUOTED = /^\[("[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*")\]/;

/** Reads the path that a text begins with; `null` where it begins with none. `rest` is what stands behind it. */
export function readPath(text: string): { readonly path: Path; readonly rest: string } | null {
  const root = ROOT.exec(text)?.[0];
  if (root === undefined) return null;
  const steps: Step[] = [];
  let rest = text.slice(root.length);
  while (steps.length < MAX_STEPS) {
    const name = NAME.exec(rest);
    const index = INDEX.exec(rest);
    const quoted = QUOTED.exec(rest);
    const match = name ?? index ?? quoted;
    if (match === null) break;
    if (name !== null) steps.push(name[1]!);
    else if (index !== null) steps.push(Number(index[1]));
    else {
      const unquoted = textIn(match[1]!);
      if (unquoted === null) return null;
      steps.push(unquoted);
    }
    rest = rest.slice(match[0].length);
  }
  return { path: { root, steps }, rest };
}

export function writePath({ root, steps }: Path): string {
  return root + steps.map(writeStep).join("");
}

export function writeStep(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  return NAME.exec(`.${step}`)?.[1] === step ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The value there, `undefined` where there is none. Only own members of objects and elements of lists count. */
export function valueAt(value: unknown, steps: readonly Step[]): unknown {
  let at = value;
  for (const step of steps) {
    if (Array.isArray(at)) at = typeof step === "number" ? (at as readonly unknown[]).at(step) : undefined;
    else if (typeof at === "object" && at !== null && typeof step === "string" && Object.hasOwn(at, step)) {
      at = (at as Readonly<Record<string, unknown>>)[step];
    } else return undefined;
  }
  return at;
}

function textIn(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

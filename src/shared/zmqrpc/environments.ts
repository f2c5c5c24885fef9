import { VARIABLE_NAME } from "./variables.ts";

/** The file beside call files that holds variables by environment. */
export const ENVIRONMENT_FILE = "zmqrpc.env.json";
export const MAX_ENVIRONMENT_CHARACTERS = 256 * 1024;

/** Variables by the name of their environment. */
export type Environments = ReadonlyMap<string, ReadonlyMap<string, string>>;

export type EnvironmentsRead = {
  readonly environments: Environments;
  /** Why the file, or a part of it, was not taken: a sentence that names no value. */
  readonly problem: string | null;
};

/** Reads `{"staging": {"host": "10.0.0.5", "port": 5556}}`. Never throws. */
export function readEnvironments(text: string): EnvironmentsRead {
  const environments = new Map<string, ReadonlyMap<string, string>>();
  if (text.length > MAX_ENVIRONMENT_CHARACTERS) return { environments, problem: `${ENVIRONMENT_FILE} is too long.` };
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return { environments, problem: `${ENVIRONMENT_FILE} is no JSON.` };
  }
  if (!isObject(read)) return { environments, problem: `${ENVIRONMENT_FILE} holds no object of environments.` };
  let problem: string | null = null;
  for (const [name, given] of Object.entries(read)) {
    if (!isObject(given)) {
      problem = `The environment "${name.slice(0, 40)}" in ${ENVIRONMENT_FILE} is no object of variables.`;
      continue;
    }
    const variables = new Map<string, string>();
    for (const [variable, value] of Object.entries(given)) {
      const isText = typeof value === "string";
      if (VARIABLE_NAME.test(variable) && (isText || typeof value === "number" || typeof value === "boolean")) {
        variables.set(variable, String(value));
        continue;
      }
      problem = `The variable "${variable.slice(0, 40)}" in ${ENVIRONMENT_FILE} has no usable name, or is no text, number or boolean.`;
    }
    environments.set(name, variables);
  }
  return { environments, problem };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { UserError } from "../userError.ts";
import type { InputProperty, InputSchema } from "./tools.ts";

/** What a tool was given, checked by its schema. */
export type ToolInput = {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  list(name: string): readonly unknown[] | undefined;
  object(name: string): Readonly<Record<string, unknown>> | undefined;
};

/** Checks what an assistant gave. Throws a UserError that says what to write instead. */
export function readToolInput(schema: InputSchema, given: unknown): ToolInput {
  if (given !== undefined && !isObject(given)) throw badInput("The input is a JSON object.");
  const fields = given ?? {};
  for (const [name, value] of Object.entries(fields)) {
    const property = schema.properties[name];
    if (property === undefined || !Object.hasOwn(schema.properties, name)) {
      const known = Object.keys(schema.properties).join(", ");
      throw badInput(
        `There is no "${name.slice(0, 100)}". ${known === "" ? "This tool takes nothing." : `It takes ${known}.`}`,
      );
    }
    if (value === undefined) continue;
    const problem = valueProblem(property, value);
    if (problem !== null) throw badInput(`"${name}" ${problem}.`);
  }
  for (const name of schema.required ?? []) {
    if (fields[name] === undefined) throw badInput(`"${name}" is missing: ${schema.properties[name]!.description}`);
  }
  return {
    text: (name) => fields[name] as string | undefined,
    number: (name) => fields[name] as number | undefined,
    list: (name) => fields[name] as readonly unknown[] | undefined,
    object: (name) => fields[name] as Readonly<Record<string, unknown>> | undefined,
  };
}

/** What is wrong with a value, behind its name; `null` when nothing is. */
function valueProblem(property: InputProperty, value: unknown): string | null {
  const { minimum = 1, maximum = Number.MAX_SAFE_INTEGER, maxLength = Infinity, maxItems = Infinity } = property;
  switch (property.type) {
    case "string":
      if (typeof value !== "string") return "is a text";
      if (value.length > maxLength) return `has ${value.length} characters, and ${maxLength} are the most`;
      if (property.enum?.includes(value) === false) return `is one of ${property.enum.join(", ")}`;
      return null;
    case "integer":
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum) return null;
      return maximum === Number.MAX_SAFE_INTEGER
        ? `is a whole number from ${minimum} on`
        : `is a whole number from ${minimum} to ${maximum}`;
    case "array":
      if (!Array.isArray(value)) return "is a list";
      return value.length > maxItems ? `has ${value.length} entries, and ${maxItems} are the most` : null;
    case "object":
      return isObject(value) ? null : "is an object";
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function badInput(message: string): UserError {
  return new UserError("bad-input", message);
}

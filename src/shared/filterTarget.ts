/**
 * What "Filter by This" compares, as the context of a menu carries it: a field of the filter language and its value as
 * text, with the type that the value has in a message.
 */
export type FilterTarget = {
  readonly field: string;
  readonly value: string;
  readonly valueType: "string" | "number" | "boolean" | "null";
};

/** The value with its type again, for writing an expression. A number that no double can hold stays text. */
export function targetValue({
  value,
  valueType,
}: Pick<FilterTarget, "value" | "valueType">): string | number | boolean | null {
  switch (valueType) {
    case "string":
      return value;
    case "number":
      return Number.isFinite(Number(value)) ? Number(value) : value;
    case "boolean":
      return value === "true";
    case "null":
      return null;
  }
}

import { FIELDS, NOT_YET, OPERATOR_MEANINGS, OPERATORS, operatorsOf, SHORTS } from "../shared/filter/fields.ts";

/** The filter language as tables for a terminal, ending in a line end. */
export function fieldsText(): string {
  const fields = FIELDS.map(({ name, type, path, meaning, values }) => {
    const words = type === "enum" || type === "level" ? ` ${values.map((value) => value.name).join(", ")}.` : "";
    return [path === "names" ? `${name}.…` : path === "index" ? `${name}[i]` : name, type, meaning + words];
  });
  const shorts = SHORTS.map(({ name, argument, field, same, meaning }) => {
    const isTested = argument === "regex" ? `${field} matches ${argument}` : `${field} == ${argument}`;
    const parts = [argument === null ? "" : isTested, same].filter((part) => part !== "");
    return [`~${name}${argument === null ? "" : ` ${argument}`}`, parts.join(" and "), meaning];
  });
  const allTypes = [...new Set(FIELDS.map((field) => field.type))];
  const operators = OPERATORS.map((operator) => {
    const types = allTypes.filter((type) => operatorsOf(type).includes(operator));
    return [operator, OPERATOR_MEANINGS[operator], types.length === allTypes.length ? "all types" : types.join(", ")];
  });
  const later = NOT_YET.map((field) => field.name);
  return [
    "Fields. A name alone tests that the field is there; of a bool, that it is true.",
    ...table(fields),
    "",
    "Short forms. Regular expressions ignore the case of letters; (?-i) at their beginning ends that.",
    ...table(shorts),
    "",
    "Operators.",
    ...table(operators),
    "",
    "Joining, from loose to tight: or ||, and &&, not !, brackets. Tests side by side are joined by and.",
    "Functions: len(field) lower(field) count(field) any(field) all(field). Slices of octets: topic[0:4], frame[-1][2:].",
    'Octets: 0x01ff or 01:ff. Sets: {a, b, 10..20}. Any other word or "text" is searched in topic and preview.',
    `Not yet: ${later.join(" ")}.`,
    "",
  ].join("\n");
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell)).join("  ")}`.trimEnd(),
  );
}

import { fieldNamed } from "./filter/fields.ts";
import { writeEquals, writeNot } from "./filter/write.ts";

/** A value as a menu hands it over: of a cell its text, of a decoded value itself. */
export type MenuValue = string | number | boolean | null;

/** The filter for rows of which a field has a value, or for the others. Fields are written as the language writes them. */
export function filterByThis(field: string, value: MenuValue, isEqual: boolean): string {
  const typed = typeof value === "string" ? typedAs(field, value) : value;
  return isEqual ? writeEquals(field, typed) : writeNot(field, typed);
}

/** The text of a cell as its field compares it. */
function typedAs(field: string, text: string): MenuValue {
  switch (fieldNamed(/^\w*/.exec(field)?.[0] ?? "")?.type) {
    case "int":
    case "size":
      return /^\d+$/.test(text) ? Number(text) : text;
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    default:
      return text;
  }
}

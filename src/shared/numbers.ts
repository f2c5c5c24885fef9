import { language } from "./l10n.ts";

let grouped: Intl.NumberFormat | undefined;
let point: string | undefined;

/** A whole number as people read it in the user's language: `1,234`. Not for what is copied, exported or filtered by. */
export function wholeNumber(value: number): string {
  grouped ??= new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  return grouped.format(value);
}

/** The same with `digits` behind the decimal point, and without groups: `12.3`. */
export function decimalNumber(value: number, digits: number): string {
  point ??= new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal")!.value;
  return value.toFixed(digits).replace(".", point);
}

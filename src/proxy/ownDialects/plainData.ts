/** What one answer of a module may hold. */
const MAX_DEPTH = 100;
const MAX_VALUES = 100_000;
const MAX_SIZE = 4 * 1024 * 1024;

/** Why a value is no plain data, or too much of it, as the end of a sentence that begins with it; else `null`. */
export function dataProblem(value: unknown): string | null {
  let values = 0;
  let size = 0;
  const problemOf = (one: unknown, depth: number): string | null => {
    if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
    if (++values > MAX_VALUES) return `holds more than ${MAX_VALUES} values`;
    if (typeof one === "string") size += one.length;
    else if (one instanceof Uint8Array) size += one.length;
    else if (typeof one === "function" || typeof one === "symbol") return `holds a ${typeof one}`;
    else if (typeof one === "object" && one !== null) return problemIn(one, depth);
    return size > MAX_SIZE ? `is larger than ${MAX_SIZE} characters and octets` : null;
  };
  const problemIn = (one: object, depth: number): string | null => {
    const isPlain = Array.isArray(one) || [Object.prototype, null].includes(Object.getPrototypeOf(one) as null);
    if (!isPlain) return "holds something besides text, numbers, lists, plain objects and Uint8Array";
    if (Array.isArray(one) && one.length > MAX_VALUES) return `holds more than ${MAX_VALUES} values`;
    for (const [name, member] of Object.entries(one)) {
      size += name.length;
      const problem = problemOf(member, depth + 1);
      if (problem !== null) return problem;
    }
    return null;
  };
  return problemOf(value, 0);
}

/** What JSON cannot hold, as decoders hand it to writeJson(). */
export type MapEntries = { readonly mapEntries: readonly (readonly [unknown, unknown])[] };
export type Extension = { readonly extension: number; readonly bytes: Uint8Array };
/** A number whose digits a double cannot hold. */
export type ExactNumber = { readonly digits: string };

/** Deeper values are left out of the text. */
export const MAX_DEPTH = 64;
/** Octets of a binary value that are shown. */
const MAX_BINARY_BYTES = 1024;
/** Kept back in each open container for its end and its "more" marker. */
const RESERVE = 40;

/**
 * JSON text of a value, at most about `maxChars` long and valid however much is left out: containers and strings are
 * shortened and say how much. What JSON lacks is an object with one `$` name: `{"$binary":"<hex>","size":n}`,
 * `{"$bigint":"…"}`, `{"$number":"NaN"}`, `{"$undefined":true}`, `{"$map":[[key,value]…]}`, `{"$ext":type,"$binary":…}`.
 */
export function writeJson(value: unknown, maxChars: number): { json: string; truncated: boolean } {
  const writer = new JsonWriter(maxChars);
  writer.write(value, 0);
  return { json: writer.parts.join(""), truncated: writer.truncated };
}

class JsonWriter {
  readonly parts: string[] = [];
  truncated = false;
  #left: number;

  constructor(maxChars: number) {
    this.#left = maxChars;
  }

  write(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string": {
        this.#string(value);
        return;
      }
      case "number": {
        this.#put(Number.isFinite(value) ? JSON.stringify(value) : `{"$number":"${value}"}`);
        return;
      }
      case "boolean": {
        this.#put(String(value));
        return;
      }
      case "bigint": {
        this.#put(`{"$bigint":"${value}"}`);
        return;
      }
      case "object": {
        if (value === null) this.#put("null");
        else this.#object(value, depth);
        return;
      }
      default: {
        this.#put('{"$undefined":true}');
        return;
      }
    }
  }

  #object(value: object, depth: number): void {
    if (value instanceof Uint8Array) {
      this.#binary("", value);
      return;
    }
    if (isExactNumber(value)) {
      this.#digits(value.digits);
      return;
    }
    if (isExtension(value)) {
      this.#binary(`"$ext":${value.extension},`, value.bytes);
      return;
    }
    if (depth >= MAX_DEPTH || this.#left < 2 * RESERVE) {
      this.truncated = true;
      this.#put('"…"');
      return;
    }
    if (Array.isArray(value)) {
      this.#list(value, depth);
      return;
    }
    if (value instanceof Map) {
      this.#map([...(value as Map<unknown, unknown>)], depth);
      return;
    }
    if (isMapEntries(value)) {
      this.#map(value.mapEntries, depth);
      return;
    }
    this.#fields(Object.entries(value), depth);
  }

  #list(items: readonly unknown[], depth: number): void {
    this.#open("[", "]", items, "", (item) => this.write(item, depth + 1));
  }

  #map(entries: readonly (readonly [unknown, unknown])[], depth: number): void {
    const names = new Set(entries.map(([key]) => key));
    if (names.size === entries.length && entries.every(([key]) => typeof key === "string")) {
      this.#fields(entries as readonly (readonly [string, unknown])[], depth);
      return;
    }
    this.#put('{"$map":');
    this.#list(entries, depth + 1);
    this.#put("}");
  }

  #fields(entries: readonly (readonly [string, unknown])[], depth: number): void {
    this.#open("{", "}", entries, '"…":', ([key, item]) => {
      this.#string(key);
      this.#put(":");
      this.write(item, depth + 1);
    });
  }

  #open<T>(start: string, end: string, items: readonly T[], moreName: string, write: (item: T) => void): void {
    this.#left -= RESERVE;
    this.#put(start);
    for (const [index, item] of items.entries()) {
      if (index > 0) this.#put(",");
      if (this.#left < RESERVE) {
        this.truncated = true;
        this.#put(`${moreName}"… ${items.length - index} more"`);
        break;
      }
      write(item);
    }
    this.#put(end);
    this.#left += RESERVE;
  }

  #string(text: string): void {
    const room = Math.max(0, this.#left);
    const head = cutText(text, room);
    const json = JSON.stringify(head);
    if (head.length === text.length && json.length <= room + 2) {
      this.#put(json);
      return;
    }
    // Escapes can make a string six times as long.
    const kept = json.length <= room + 2 ? head : cutText(text, Math.floor(room / 6));
    this.truncated = true;
    this.#put(JSON.stringify(`${kept}… ${text.length - kept.length} more characters`));
  }

  #digits(digits: string): void {
    const name = /^-?\d+$/.test(digits) ? "$bigint" : "$number";
    this.#put(`{"${name}":`);
    this.#string(digits);
    this.#put("}");
  }

  #binary(prefix: string, bytes: Uint8Array): void {
    const shown = Math.min(bytes.length, MAX_BINARY_BYTES, Math.max(0, this.#left >> 1));
    if (shown < bytes.length) this.truncated = true;
    this.#put(`{${prefix}"$binary":"${toHex(bytes, shown)}","size":${bytes.length}}`);
  }

  #put(text: string): void {
    this.parts.push(text);
    this.#left -= text.length;
  }
}

/** The first `length` characters, one less where that would split a surrogate pair. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}

/** Lower-case hex of the first `count` octets. */
export function toHex(bytes: Uint8Array, count = bytes.length): string {
  let hex = "";
  for (let index = 0; index < count; index++) hex += bytes[index]!.toString(16).padStart(2, "0");
  return hex;
}

// Objects of these shapes are told from decoded ones by the prototype: only decoders make them without one.
function isExactNumber(value: object): value is ExactNumber {
  return Object.getPrototypeOf(value) === null && "digits" in value;
}

export function isExtension(value: object): value is Extension {
  return Object.getPrototypeOf(value) === null && "extension" in value;
}

export function isMapEntries(value: object): value is MapEntries {
  return Object.getPrototypeOf(value) === null && "mapEntries" in value;
}

/** Marks a value as one of the shapes above. */
export function special<T extends MapEntries | Extension | ExactNumber>(value: T): T {
  return Object.assign<object, T>(Object.create(null) as object, value);
}

import type { HttpSink } from "../../src/proxy/http/httpReader.ts";
import { HttpReader } from "../../src/proxy/http/httpReader.ts";
import type { Direction } from "../../src/shared/model.ts";
import { octets } from "./octets.ts";

/** A message as a reader tells it, octets as latin-1 text. */
type ReadMessage = { direction: Direction; head: string; body: string; isWhole: boolean };

export type ReadStream = {
  readonly reader: HttpReader;
  readonly messages: ReadMessage[];
  readonly faults: { direction: Direction; code: string; message: string }[];
};

/** A reader that writes down what it tells. */
export function readingHttp(): ReadStream {
  const messages: ReadMessage[] = [];
  const faults: ReadStream["faults"] = [];
  const last = (direction: Direction): ReadMessage => messages.findLast((one) => one.direction === direction)!;
  const sink: HttpSink = {
    head: (direction, head) => messages.push({ direction, head: text(head), body: "", isWhole: false }),
    body: (direction, part) => (last(direction).body += text(part)),
    end: (direction) => (last(direction).isWhole = true),
    fault: (direction, code, message) => faults.push({ direction, code, message }),
  };
  return { reader: new HttpReader(sink), messages, faults };
}

/** Pushes what each side sends, in turns; a number names the direction of the text behind it. */
export function pushAll(reader: HttpReader, parts: readonly (readonly [Direction, string])[]): void {
  for (const [direction, part] of parts) reader.push(direction, octets(part));
}

/** One character per octet. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

import type { Readable } from "node:stream";

/** A line longer than this is handed on in pieces. */
const MAX_LINE_CHARACTERS = 65_536;

/**
 * Hands on a stream's UTF-8 text line by line, without line ends; a last line without one comes at the end. In place of
 * node:readline, whose loading alone takes longer than all of our activation.
 */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line.replace(/\r$/, ""));
    if (rest.length > MAX_LINE_CHARACTERS) {
      onLine(rest);
      rest = "";
    }
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

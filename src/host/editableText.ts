import { formatFrames } from "../shared/frameText.ts";

const HOW = [
  "Change the frames, then choose Send Edited Message above.",
  'Each frame starts with a line such as "--- frame 1: text".',
  "In place of text: json (checked before it is sent), hex or base64.",
];

/** A message as a text to edit, with what it is and how to edit it above. */
export function editableText(heading: readonly string[], frames: readonly Uint8Array[]): string {
  return formatFrames([...heading, ...HOW], frames);
}

import { formatFrames } from "../shared/frameText.ts";
import { t } from "../shared/l10n.ts";

const HOW = [
  t("Change the frames, then choose Send Edited Message above."),
  t('Each frame starts with a line such as "--- frame 0: text".'),
  t("In place of text: json (checked before it is sent), hex or base64."),
];

/** A message as a text to edit, with what it is and how to edit it above. */
export function editableText(heading: readonly string[], frames: readonly Uint8Array[]): string {
  return formatFrames([...heading, ...HOW], frames);
}

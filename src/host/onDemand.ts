/**
 * What views and editors ask for at the user's wish, what calls are read with, and what shows findings: a file of its own,
 * loaded with the first such wish or the first finding.
 */
export { formProblemText, readTypedCall, withoutSecrets } from "../shared/callForm.ts";
export { outcomeWords, repeatSentence } from "../shared/callText.ts";
export { encodeCallFrame, formatFrames, parseFrames, toCallFrame } from "../shared/frameText.ts";
export { chooseDecoder } from "./decoderChoice.ts";
export { FindingsView } from "./findingsView.ts";
export { nameSequences } from "./nameSequences.ts";
export { readyDemo } from "./readyDemo.ts";
export { savePicture } from "./savePicture.ts";

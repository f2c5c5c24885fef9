import { FINDINGS } from "../src/shared/findingKinds.ts";
import type { TitleOf } from "./findingMarks.ts";

/** The titles of all findings: a file of its own, loaded with the first row that has one. */
export const titleOf: TitleOf = (id) => FINDINGS[id].title;

/** Texts of one language: what is said there, by what is said in English. */
export type Texts = { readonly language: string; readonly messages: Readonly<Record<string, string>> };

/** What the page of a view calls the texts of its user's language, where they are not English. */
export const PAGE_TEXTS = "zmqTapTexts";

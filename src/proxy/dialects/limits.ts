/** Messages above this are not read as a dialect's: octets over all frames. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** What compressed parts of a message may become. */
export const MAX_INFLATED_BYTES = 16 * 1024 * 1024;
/** Values nested deeper are not read. */
export const MAX_DEPTH = 100;
export const MAX_PROBLEM_CHARS = 500;

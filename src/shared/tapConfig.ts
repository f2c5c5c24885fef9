import type { TapConfig } from "./model.ts";

/** The same tap, captured or only relaying. */
export function withCaptured(config: TapConfig, isCaptured: boolean): TapConfig {
  if (!isCaptured) return { ...config, isCaptured };
  const copy: { -readonly [K in keyof TapConfig]: TapConfig[K] } = { ...config };
  delete copy.isCaptured;
  return copy;
}

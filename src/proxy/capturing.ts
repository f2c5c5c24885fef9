import type { PassedBy } from "../shared/model.ts";

/**
 * Whether what links carry is captured: one object for all links of a tap, or of a SOCKS server. While it is off, messages and
 * octets that pass by are counted, since `sinceMs`, in milliseconds since 1970, which is `switchedMs` of performance.now().
 */
export type Capturing = { isOn: boolean; sinceMs: number; switchedMs: number; messages: number; bytes: number };

export function newCapturing(isOn: boolean): Capturing {
  return { isOn, sinceMs: Date.now(), switchedMs: performance.now(), messages: 0, bytes: 0 };
}

/** Switches it, and counts from 0 again. Returns what an event tells of it; `null` where it is so already. */
export function switchCapturing(capturing: Capturing, isOn: boolean): object | null {
  if (isOn === capturing.isOn) return null;
  const { messages, bytes, switchedMs } = capturing;
  Object.assign(capturing, newCapturing(isOn));
  return isOn ? { state: "started", messages, bytes, forMs: Math.round(capturing.switchedMs - switchedMs) } : STOPPED;
}

/** What an event tells of a tap that captures nothing. */
export const STOPPED = { state: "stopped" } as const;

/** What the state of a tap says of it. */
export function passedBy({ isOn, sinceMs, messages, bytes }: Capturing): { readonly passedBy?: PassedBy } {
  return isOn ? {} : { passedBy: { messages, bytes, sinceMs } };
}

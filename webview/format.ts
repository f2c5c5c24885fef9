import { decimalNumber, wholeNumber } from "../src/shared/numbers.ts";

/** A whole number with thousands separators, in the language of the user. */
export function formatCount(value: number): string {
  return wholeNumber(value);
}

/** Local time of day, `10:02:11.482`. */
export function formatTime(timeMs: number): string {
  const date = new Date(timeMs);
  return `${two(date.getHours())}:${formatShortTime(timeMs)}${date.getMilliseconds() % 10}`;
}

/** Minutes, seconds and hundredths for the side bar, `02:11.48`. The hour is in the tooltip. */
export function formatShortTime(timeMs: number): string {
  const date = new Date(timeMs);
  return `${two(date.getMinutes())}:${two(date.getSeconds())}.${two(Math.floor(date.getMilliseconds() / 10))}`;
}

/** Local date and time to the microsecond, as ISO 8601 writes it without a zone. */
export function formatFullTime(timeMs: number): string {
  const date = new Date(timeMs);
  const micros = Math.min(999, Math.floor((timeMs - Math.floor(timeMs)) * 1000));
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const fraction = String(date.getMilliseconds() * 1000 + micros).padStart(6, "0");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`;
}

/** Bytes in decimal units, three digits at most: `49 B`, `1.2 kB`, `61 MB`. */
export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = "B";
  for (const next of ["kB", "MB", "GB", "TB"]) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return `${unit === "B" ? value : threeDigits(value)} ${unit}`;
}

/** A duration with the unit that fits: `85 µs`, `1.9 ms`, `4.2 s`, `3 min 5 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0.0995) return `${Math.round(durationMs * 1000)} µs`;
  if (durationMs < 999.5) return `${threeDigits(durationMs)} ms`;
  if (durationMs < 59_950) return `${threeDigits(durationMs / 1000)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function threeDigits(value: number): string {
  return value < 9.95 ? decimalNumber(value, 1) : value.toFixed(0);
}

/** Memory in binary units, as the setting for it is thought of: `61 MiB`. */
export function formatMemory(sizeBytes: number): string {
  let value = sizeBytes / 1024;
  let unit = "KiB";
  for (const next of ["MiB", "GiB"]) {
    if (value < 1023.5) break;
    value /= 1024;
    unit = next;
  }
  return `${value === 0 ? "0" : threeDigits(value).replace(/\D0$/, "")} ${unit}`;
}

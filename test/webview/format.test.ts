import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatCount,
  formatDuration,
  formatFullTime,
  formatMemory,
  formatShortTime,
  formatSize,
  formatTime,
} from "../../webview/format.ts";

test("formatSize keeps bytes whole and gives larger units two or three digits", () => {
  const sizes = [0, 1, 999, 1000, 1234, 9949, 9950, 61_000_000, 999_499, 999_500, 2_000_000_000, 5e12];
  assert.deepEqual(sizes.map(formatSize), [
    "0 B",
    "1 B",
    "999 B",
    "1.0 kB",
    "1.2 kB",
    "9.9 kB",
    "10 kB",
    "61 MB",
    "999 kB",
    "1.0 MB",
    "2.0 GB",
    "5.0 TB",
  ]);
});

test("formatDuration chooses the unit that fits", () => {
  const durations = [0, 0.085, 0.0995, 1.94, 143.4, 999.4, 999.5, 4200, 59_949, 59_950, 185_000];
  assert.deepEqual(durations.map(formatDuration), [
    "0 µs",
    "85 µs",
    "0.1 ms",
    "1.9 ms",
    "143 ms",
    "999 ms",
    "1.0 s",
    "4.2 s",
    "60 s",
    "1 min 0 s",
    "3 min 5 s",
  ]);
});

test("formatTime, formatShortTime and formatFullTime agree on one instant of local time", () => {
  const instant = new Date(2026, 10, 20, 9, 2, 11, 482).getTime() + 0.125;
  assert.equal(formatTime(instant), "09:02:11.482");
  assert.equal(formatShortTime(instant), "02:11.48");
  assert.equal(formatFullTime(instant), "2026-11-20 09:02:11.482125");
});

test("formatCount separates thousands", () => {
  assert.equal(formatCount(10_000_000), "10,000,000");
});

test("formatMemory writes binary units, as the setting for it is thought of", () => {
  assert.deepEqual([0, 512, 61 * 1024 * 1024, 268_435_456, 3 * 1024 ** 3].map(formatMemory), [
    "0 KiB",
    "0.5 KiB",
    "61 MiB",
    "256 MiB",
    "3 GiB",
  ]);
});

/** A mark of a lower axis. */
export type Tick = { readonly at: number; readonly text: string };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365].map((days) => days * DAY),
];

/** Round local times of a stretch of time, about `count` at most. */
export function timeTicks(fromMs: number, toMs: number, count: number): readonly Tick[] {
  const every = TIME_STEPS.find((step) => (toMs - fromMs) / step <= count) ?? Math.max(DAY, toMs - fromMs);
  // Local midnight is a round time, and that of UTC is elsewhere.
  const offset = new Date(fromMs).getTimezoneOffset() * MINUTE;
  const ticks: Tick[] = [];
  for (let local = Math.ceil((fromMs - offset) / every) * every; local + offset <= toMs; local += every) {
    ticks.push({ at: local + offset, text: timeTick(local + offset, every) });
  }
  return ticks;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** A time as exact as marks that are `everyMs` apart need it. */
export function timeTick(timeMs: number, everyMs: number): string {
  const date = new Date(timeMs);
  if (everyMs >= DAY) return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (everyMs >= MINUTE) return minutes;
  const seconds = `${minutes}:${two(date.getSeconds())}`;
  return everyMs >= SECOND ? seconds : `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** The few marks of a low chart's left axis: zero, and one round value each way. */
export function fewTicks(min: number, max: number): number[] {
  const tick = roundBelow(Math.max(-min, max));
  // A side that has little to it gets no mark, which would lie upon that of zero.
  const isTall = (side: number): boolean => side >= tick && tick / (max - min) >= 0.2;
  return [...(isTall(-min) ? [-tick] : []), 0, ...(isTall(max) ? [tick] : [])];
}

/** The marks of a logarithmic axis between two powers of ten, as powers, four at most. */
export function powerTicks(low: number, high: number): number[] {
  const every = Math.max(1, Math.ceil((high - low) / 3));
  const ticks: number[] = [];
  for (let power = low; power <= high; power += every) ticks.push(power);
  return ticks;
}

/** 1, 2 or 5 times a power of ten: the largest that is not above a value. */
function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [5, 2, 1].find((each) => each * power <= value * (1 + 1e-9)) ?? 1;
  return digit * power;
}

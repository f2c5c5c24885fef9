/** The few marks of a low chart's left axis: zero and one round value each way, or of a logarithmic scale powers of ten. */
export function fewTicks(min: number, max: number, isLog: boolean): number[] {
  if (isLog) {
    const [low, high] = [Math.round(Math.log10(min)), Math.round(Math.log10(max))];
    const every = Math.max(1, Math.ceil((high - low) / 3));
    const ticks: number[] = [];
    for (let power = low; power <= high; power += every) ticks.push(10 ** power);
    return ticks;
  }
  const most = Math.max(-min, max);
  const tick = roundBelow(most);
  // A side that has little to it gets no mark, which would lie upon that of zero.
  const isTall = (side: number): boolean => side >= tick && tick / (max - min) >= 0.2;
  return [...(isTall(-min) ? [-tick] : []), 0, ...(isTall(max) ? [tick] : [])];
}

/** 1, 2 or 5 times a power of ten: the largest that is not above a value. */
function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [5, 2, 1].find((each) => each * power <= value * (1 + 1e-9)) ?? 1;
  return digit * power;
}

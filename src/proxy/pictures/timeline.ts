/** How many buckets there are at most. */
export const MAX_BUCKETS = 600;
const FIRST_STEP_NS = 1e9;

/** Numbers for each bucket of a timeline, `width` of them; more than one are counts below 2^32. */
export class Series {
  readonly width: number;
  readonly values: Float64Array | Uint32Array;

  constructor(width = 1) {
    this.width = width;
    this.values = width === 1 ? new Float64Array(MAX_BUCKETS) : new Uint32Array(MAX_BUCKETS * width);
  }

  add(bucket: number, value: number, place = 0): void {
    this.values[bucket * this.width + place]! += value;
  }

  /** The first `buckets` numbers. */
  read(buckets: number): number[] {
    return Array.from(this.values.subarray(0, buckets));
  }

  /** Joins buckets in pairs. */
  halve(): void {
    const { values, width } = this;
    const half = MAX_BUCKETS / 2;
    for (let bucket = 0; bucket < half; bucket++) {
      for (let place = 0; place < width; place++) {
        const first = 2 * bucket * width + place;
        values[bucket * width + place] = values[first]! + values[first + width]!;
      }
    }
    values.fill(0, half * width);
  }
}

/**
 * Time in at most 600 buckets, of 1 s at first; whenever they are used up they are joined in pairs, with all series that were
 * made for it. Times are nanoseconds of a capture's clock.
 */
export class Timeline {
  readonly #series: Series[] = [];
  #startNs: number | null = null;
  #stepNs = FIRST_STEP_NS;
  #buckets = 0;

  /** When the first bucket begins; `null` before there is one. */
  get startNs(): number | null {
    return this.#startNs;
  }

  get stepNs(): number {
    return this.#stepNs;
  }

  /** Buckets so far. The last one is under way. */
  get buckets(): number {
    return this.#buckets;
  }

  /** A series of its own, which lives as long as the timeline. */
  series(width = 1): Series {
    const series = new Series(width);
    this.#series.push(series);
    return series;
  }

  /** The bucket of a time. What was before the first one counts there. */
  bucketOf(timeNs: number): number {
    this.#startNs ??= Math.floor(timeNs / FIRST_STEP_NS) * FIRST_STEP_NS;
    let bucket = Math.floor((timeNs - this.#startNs) / this.#stepNs);
    while (bucket >= MAX_BUCKETS) {
      for (const series of this.#series) series.halve();
      this.#stepNs *= 2;
      this.#buckets = Math.ceil(this.#buckets / 2);
      bucket = Math.floor((timeNs - this.#startNs) / this.#stepNs);
    }
    bucket = Math.max(0, bucket);
    this.#buckets = Math.max(this.#buckets, bucket + 1);
    return bucket;
  }

  /** Begins anew, with the series that there are. */
  clear(): void {
    this.#startNs = null;
    this.#stepNs = FIRST_STEP_NS;
    this.#buckets = 0;
    for (const { values } of this.#series) values.fill(0);
  }
}

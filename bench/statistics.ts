/** What several rounds of one figure gave. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Returns the median, the least and the greatest. Throws where there is no value. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), min: Math.min(...values), max: Math.max(...values) }
}

/** Returns the value below which the given share (0 to 1) lies, interpolated. Throws where there is no value. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)]
  const above = sorted[Math.ceil(at)]
  if (below === undefined || above === undefined)
    throw new Error('There is no value to take a percentile of.')
  return below + (above - below) * (at - Math.floor(at))
}

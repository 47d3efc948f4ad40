/** Where the domain takes its time from, so that a test can own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, as whole milliseconds. */
  now(): number
  /** Milliseconds that never run backwards, for durations. */
  monotonic(): number
}

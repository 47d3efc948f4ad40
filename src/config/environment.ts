/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>

/** Returns the environment of this process as it is now: the only place that reads it. */
export function environment(): Env {
  return { ...process.env }
}

const pollMs = 10
const withinMs = 30_000

/** Asks again and again until there is an answer, and resolves with it. Rejects after thirty seconds, or `limitMs`, with what was waited for. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  limitMs = withinMs,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

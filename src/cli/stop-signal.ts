import { environment } from '../config/environment.ts'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
const sameSignalMs = 1_000
const parentLookMs = 500

/** Resolves to what ends the gateway: a signal's name, or `npx`, where that has started it and was ended without passing it on. */
export function nextStopSignal(): Promise<NodeJS.Signals | 'npx'> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals | 'npx'>()
  for (const name of signals) process.once(name, () => resolve(name))
  if (environment().npm_command === 'exec') watchParent(() => resolve('npx'))
  return promise
}

/** From now on a signal ends the process at once. */
export function exitOnSecondSignal(): void {
  const firstAt = performance.now()
  for (const name of signals) {
    process.on(name, () => {
      // A terminal's Ctrl-C reaches the process twice where npm started it: within a second it is the same one.
      if (performance.now() - firstAt > sameSignalMs) process.exit(1)
    })
  }
}

// npx passes a signal on to the shell between it and us, which ends by it and tells nobody.
function watchParent(onLeft: () => void): void {
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    onLeft()
  }, parentLookMs).unref()
}

import { createContext, Script } from 'node:vm'

/** Runs functions for a bounded time, also those that are lost in a regular expression. */
export class TimeGuard {
  #context: { run: unknown } | undefined
  #script: Script | undefined

  /** Returns what the function returns, or undefined where it did not come to its end within so many milliseconds. */
  within<T>(ms: number, run: () => T): T | undefined {
    let result: T | undefined
    this.#context ??= createGuardContext()
    this.#script ??= new Script('run()')
    this.#context.run = () => {
      result = run()
    }
    try {
      this.#script.runInContext(this.#context, { timeout: ms })
      return result
    } catch (error) {
      // The error for a timeout is one of the context's own, no instance of our Error.
      const isTimeout = typeof error === 'object' && error !== null && 'code' in error
      if (isTimeout && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
      throw error
    } finally {
      this.#context.run = undefined
    }
  }
}

function createGuardContext(): { run: unknown } {
  const global = { run: undefined }
  createContext(global)
  return global
}

import type { Command } from 'commander'
import { UsageError } from './usage-error.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  /** `--config`. */
  readonly config?: string
}

/** Options of commands that can print JSON. */
export interface JsonOptions extends GlobalOptions {
  readonly json?: boolean
}

/** Takes the exit code of the command that ran. */
export type SetExitCode = (code: number) => void

/** Adds examples to a command's help; the first of them is the line that is shown after wrong arguments. */
export function withExamples(command: Command, first: string, ...others: readonly string[]): void {
  const lines = [first, ...others].map((line) => `  ${line}`)
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
  failWith(command, first)
}

/** Has wrong arguments of a command end in a {@link UsageError} with a line that is right. Help and version end as before. */
export function failWith(command: Command, example: string): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error
    throw new UsageError(error.message.replace(/^error: /, ''), example)
  })
}

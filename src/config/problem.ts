import { basename } from 'node:path'

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Absolute path of the file, or `environment`. */
  readonly file: string
  /** Counts from 1; 0 where the problem has no place in the text. */
  readonly line: number
  /** Counts from 1 in UTF-16 units; 0 where the problem has no place in the text. */
  readonly column: number
  /** The key, for example `api.auth.tokens[0].name`; empty for the whole file. */
  readonly path: string
  /** An error refuses the configuration, a warning does not. */
  readonly severity: 'error' | 'warning'
  /** Says what was found and what is expected, and never holds a secret. */
  readonly sentence: string
}

/** A configuration that cannot be. Its message is the errors, one a line; `problems` has the warnings too. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(
      problems
        .filter((problem) => problem.severity === 'error')
        .map(formatProblem)
        .join('\n'),
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Returns one line such as `openclaw.json5:3:13  api.port: found "abc" (a string); expected a whole number from 1 to 65535.` */
export function formatProblem(problem: Problem): string {
  const place =
    problem.line === 0 ? problem.file : `${basename(problem.file)}:${problem.line}:${problem.column}`
  const path = problem.path === '' ? '' : `${problem.path}: `
  const severity = problem.severity === 'warning' ? 'warning: ' : ''
  return `${place}  ${severity}${path}${problem.sentence}`
}

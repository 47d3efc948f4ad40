/** Arguments that cannot be: ends in exit code 2, with the line that would be right. */
export class UsageError extends Error {
  /** A whole command line that works, for example `openclaw token list`. */
  readonly example: string

  constructor(message: string, example: string) {
    super(message)
    this.name = 'UsageError'
    this.example = example
  }
}

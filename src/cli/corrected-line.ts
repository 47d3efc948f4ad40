import { shellWord } from './shell.ts'

/** Returns the command line with the one wrong word that the message names replaced by the one that it suggests, or undefined. */
export function correctedLine(args: readonly string[], message: string): string | undefined {
  const wrong = /'(.+?)'/.exec(message)?.[1]
  const meant = /\(Did you mean (\S+)\?\)/.exec(message)?.[1]
  if (wrong === undefined || meant === undefined) return undefined
  const at = args.indexOf(wrong)
  if (at === -1) return undefined
  const words = args.with(at, meant)
  return ['openclaw', ...words.map(shellWord)].join(' ')
}

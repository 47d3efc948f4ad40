import { type Command, CommanderError } from 'commander'
import { createProgram } from '../../../src/cli/program.ts'
import { UsageError } from '../../../src/cli/usage-error.ts'

/** Returns the command lines of `openclaw` in a page: those in blocks, and those between backticks. */
export function commandsIn(text: string): readonly string[] {
  const inline = [...text.matchAll(/`(?:npx )?(openclaw [^`\n]+)`/g)].map(([, command = '']) => command)
  const lines = text
    .split('\n')
    .map((line) => /^ *(?:\$ )?(?:npx )?(openclaw [a-z-].*)$/.exec(line)?.[1])
    .filter((line) => line !== undefined)
  return [...inline, ...lines]
}

/** Says what is wrong with a command line, or nothing. What follows two blanks or a sign of the shell is no part of it. */
export function faultOf(line: string): string | undefined {
  const words = wordsOf(line)
  let command = createProgram(() => undefined)
  while (words.length > 0 && command.commands.length > 0) {
    const [word = ''] = words
    if (word.startsWith('-')) break
    if (isPlaceholder(word) || word === 'help') return undefined
    const next = command.commands.find((each) => each.name() === word)
    if (!next) return `${command.name()} has no command ${word}`
    command = next
    words.shift()
  }
  return faultOfInputs(command, words)
}

function faultOfInputs(command: Command, words: readonly string[]): string | undefined {
  // What stands in brackets or angles is a line of usage.
  const known = words.filter((word) => !/^(?:--help|--version|--config|\[.*)$/.test(word))
  try {
    const { operands, unknown } = command.parseOptions([...known])
    if (unknown.length > 0) return `${command.name()} does not take ${unknown.join(' ')}`
    const { registeredArguments: takes } = command
    const isOpen = takes.some(({ variadic }) => variadic)
    // A `--config` that was left out has left its file.
    const most = takes.length + (words.includes('--config') ? 1 : 0)
    return isOpen || operands.length <= most
      ? undefined
      : `${command.name()} takes fewer words: ${operands.join(' ')}`
  } catch (error) {
    if (error instanceof CommanderError || error instanceof UsageError) return error.message
    throw error
  }
}

function wordsOf(line: string): string[] {
  const [own = ''] = line.split(/ {2,}| [|>&#]| < |[|;)]|\\$/)
  return [...own.matchAll(/"[^"]*"|'[^']*'|\S+/g)]
    .map(([word]) => word.replaceAll(/^["']|["']$/g, ''))
    .slice(1)
}

function isPlaceholder(word: string): boolean {
  return /^(?:[<…]|[A-Z]+$)/.test(word)
}

import type { Command } from 'commander'

/**
 * Returns the arguments that show what `help token create` and `token help create` ask for, with words that there are no commands of left
 * for the program to refuse; any other arguments as they stand.
 */
export function helpLine(program: Command, args: readonly string[]): readonly string[] {
  const at = args.indexOf('help')
  const before = args.slice(0, at)
  const group = find(program, before)
  if (at === -1 || group === undefined || group.commands.length === 0) return args
  const words = args.slice(at + 1)
  const path = [...before]
  let command = group
  for (const word of words) {
    // What follows a command is its own arguments; nothing of them may run.
    if (command.commands.length === 0) break
    path.push(word)
    const next = find(command, [word])
    if (next === undefined) return path
    command = next
  }
  return [...path, '--help']
}

function find(program: Command, path: readonly string[]): Command | undefined {
  let command: Command | undefined = program
  for (const name of path) command = command?.commands.find((child) => child.name() === name)
  return command
}

import type { Command } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { print } from './output.ts'
import { UsageError } from './usage-error.ts'

/** The shells that completions are made for. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** Prints what a shell must read to complete the commands and options of a program. */
export function completionCommand(program: Command, shell: string): number {
  switch (shell) {
    case 'bash':
      print(bash(program))
      return exitCodes.ok
    case 'zsh':
      print(`autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`)
      return exitCodes.ok
    case 'fish':
      print(fish(program))
      return exitCodes.ok
    default:
      throw new UsageError(
        `There is no completion for ${shell}: known are ${shells.join(', ')}.`,
        'openclaw completion bash',
      )
  }
}

interface Place {
  /** The commands that lead there, without the program's own name. */
  readonly path: readonly string[]
  readonly command: Command
}

function placesOf(command: Command, path: readonly string[] = []): readonly Place[] {
  return [{ path, command }, ...command.commands.flatMap((child) => placesOf(child, [...path, child.name()]))]
}

function optionsOf({ path, command }: Place): readonly string[] {
  const own = command.options.flatMap((option) => (option.long == null ? [] : [option.long]))
  return [...own, '--help', ...(path.length === 0 ? [] : ['--config'])]
}

function bash(program: Command): string {
  const cases = placesOf(program).map((place) => {
    const words = [...place.command.commands.map((child) => child.name()), ...new Set(optionsOf(place))]
    return `    '${place.path.join(' ')}') words='${words.join(' ')}' ;;`
  })
  return `# openclaw completion; to be read by the shell: eval "$(openclaw completion bash)"
_openclaw() {
  local word="\${COMP_WORDS[COMP_CWORD]}" path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -*) ;;
      *) case "$path \${COMP_WORDS[i]}" in
${placesOf(program)
  .filter(({ path }) => path.length > 0)
  .map(
    ({ path }) => `        '${path.length === 1 ? ' ' : ''}${path.join(' ')}') path='${path.join(' ')}' ;;`,
  )
  .join('\n')}
      esac ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _openclaw openclaw`
}

function fish(program: Command): string {
  const lines = placesOf(program).flatMap((place) => {
    const { path, command } = place
    const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ')
    const inner = command.commands.map((child) => child.name()).join(' ')
    const first = path.length === 0 ? '__fish_use_subcommand' : seen
    const only =
      inner === '' || path.length === 0 ? first : `${first}; and not __fish_seen_subcommand_from ${inner}`
    return [
      ...command.commands.map(
        (child) =>
          `complete -c openclaw -f -n '${only}' -a ${child.name()} -d '${quoted(child.description())}'`,
      ),
      ...command.options.flatMap((option) =>
        option.long == null
          ? []
          : [
              `complete -c openclaw -n '${seen || 'true'}' -l ${option.long.slice(2)} -d '${quoted(option.description)}'`,
            ],
      ),
    ]
  })
  return [
    '# openclaw completion; openclaw completion fish > ~/.config/fish/completions/openclaw.fish',
    ...lines,
  ].join('\n')
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}

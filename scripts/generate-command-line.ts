import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { exitCodes } from '../src/cli/exit-codes.ts'
import { createProgram } from '../src/cli/program.ts'

/** Where the page stands in the repository. */
export const commandLineFile: string = join(import.meta.dirname, '..', 'docs', 'command-line.md')

/** Returns the page on the command line, made from its grammar alone. */
export function commandLinePage(): string {
  const program = createProgram(() => undefined)
  const commands = program.commands.flatMap(leavesOf)
  const index = commands.map(
    (command) => `| [\`${nameOf(command)}\`](#${anchorOf(command)}) | ${cell(command.description())} |`,
  )
  const all = ['## All commands', table(['command', ''], index)]
  return `${[intro, ...all, ...commands.map(section)].join('\n\n')}\n`
}

/** Returns every command that does something, those of a group in its place. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf)
}

/** Returns the words that a command is called by, `openclaw` first. */
export function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name()
}

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failure: 'it did not work, or what was checked is not in order; the last line says why',
  usage: 'wrong arguments, or a config file that cannot be',
  notFound: 'there is no such thing',
  auth: 'no token, a wrong one, or one that may not',
  rateLimited: 'too many requests; wait and try again',
  unreachable: 'no gateway answers at the address',
}

// What a failure means where it is the answer and no accident.
const failures: Readonly<Record<string, string>> = {
  'openclaw gateway':
    '2: the config cannot be, and only a person can mend it. 1: anything else, for example a port that is taken',
  'openclaw config validate': '1: the file cannot be',
  'openclaw doctor': '1: something is wrong; warnings alone are 0',
  'openclaw skills check': '1: a skill cannot be used',
  'openclaw audit verify': '1: a record was changed, removed or put in',
  'openclaw channels status': '1: with `--probe`, a channel gave no sign of life',
  'openclaw webhook test': '1: the receiver did not take it',
  'openclaw webhook verify': '1: the delivery is not genuine',
  'openclaw logs': '3: there is no log yet',
}

const intro = `# Command line

<!-- Made from the grammar by scripts/generate-command-line.ts. Do not edit: run "npm run reference". -->

In a clone put \`npx\` in front: \`npx openclaw status\`. \`openclaw help\` and \`openclaw COMMAND --help\` print what stands here. Every
command takes \`--config FILE\`, \`--help\` and \`--version\`. \`--json\` prints JSON for programs.

Commands that ask a running gateway find it by the config file, or by \`--url\`, and take their token from \`--token-file\`, else from
the variable \`OPENCLAW_TOKEN\`, else from the file that the first start left in the data folder, where it did. \`openclaw status\` tells less
without a token; the webhook, audit, token, usage, pairing and skills commands read the data folder themselves and need none.

Completion of commands and options in your shell: \`eval "$(openclaw completion bash)"\`, or \`zsh\`; \`openclaw completion fish | source\`.

## Exit codes

| code | means |
| --- | --- |
${Object.entries(exitCodes)
  .map(([name, code]) => `| ${code} | ${isCode(name) ? meanings[name] : ''} |`)
  .join('\n')}`

function isCode(name: string): name is keyof typeof exitCodes {
  return Object.hasOwn(exitCodes, name)
}

function section(command: Command): string {
  const name = nameOf(command)
  const usage = `${name} ${command.usage()}`.trim()
  const inputs = [
    ...command.registeredArguments.map(
      (argument) => `| \`${argument.name()}\` | ${cell(argument.description)} |`,
    ),
    ...command.options.map((option) => `| \`${cell(option.flags)}\` | ${cell(described(option))} |`),
  ]
  return [
    `## ${name}`,
    `${sentence(command.description())}`,
    block([usage]),
    ...(inputs.length === 0 ? [] : [table(['takes', ''], inputs)]),
    ...examples(command),
    ...(failures[name] === undefined ? [] : [`Exit code ${failures[name]}.`]),
  ].join('\n\n')
}

interface Described {
  readonly description: string
  readonly defaultValue?: unknown
  readonly argChoices?: readonly string[] | undefined
}

function described({ description, defaultValue, argChoices }: Described): string {
  const isShown = defaultValue !== undefined && typeof defaultValue !== 'boolean'
  return [
    description,
    ...(argChoices ? [`: ${argChoices.join(', ')}`] : []),
    ...(isShown ? [` (default: ${String(defaultValue)})`] : []),
  ].join('')
}

// What `addHelpText` adds is printed and told in no other way.
function examples(command: Command): readonly string[] {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) })
  command.outputHelp()
  const [, lines] = help.split('\nExamples:\n')
  return lines === undefined
    ? []
    : [
        block(
          lines
            .trimEnd()
            .split('\n')
            .map((line) => line.replace(/^ {2}/, '')),
        ),
      ]
}

function block(lines: readonly string[]): string {
  return ['```', ...lines, '```'].join('\n')
}

function table(titles: readonly string[], rows: readonly string[]): string {
  return [`| ${titles.join(' | ')} |`, `|${titles.map(() => ' --- |').join('')}`, ...rows].join('\n')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function anchorOf(command: Command): string {
  return nameOf(command).replaceAll(' ', '-')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) writeFileSync(commandLineFile, commandLinePage())

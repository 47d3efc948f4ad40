import { CommanderError } from 'commander'
import { correctedLine } from './corrected-line.ts'
import { exitCodes } from './exit-codes.ts'
import { helpLine } from './help-line.ts'
import { ignoreBrokenPipes, printError } from './output.ts'
import { createProgram } from './program.ts'
import { UsageError } from './usage-error.ts'

/** Runs one command line, without the names of node and the script, and resolves to its exit code. Never rejects. */
export async function run(args: readonly string[]): Promise<number> {
  ignoreBrokenPipes()
  let exitCode: number = exitCodes.ok
  const program = createProgram((code) => {
    exitCode = code
  })
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(helpLine(program, args), { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    if (error instanceof UsageError) {
      printError(`openclaw: ${error.message.split('\n').join(' ')}`)
      printError(`Try: ${correctedLine(args, error.message) ?? error.example}`)
      return exitCodes.usage
    }
    const { explain } = await import('./explain.ts')
    return explain(error)
  }
}

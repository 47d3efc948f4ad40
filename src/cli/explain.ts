import { ConfigError, formatProblem } from '../config/problem.ts'
import { GatewayError } from '../domain/errors.ts'
import { UnreachableError } from './ask-gateway.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { printError } from './output.ts'

/** Prints an error that ended a command, without a stack, and returns its exit code. */
export function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) printError(formatProblem(problem))
    return exitCodes.usage
  }
  if (error instanceof GatewayError) {
    printError(`openclaw: ${error.message}`)
    for (const match of matchesOf(error)) printError(`  ${match}`)
    return exitCodeOf(error.code)
  }
  if (error instanceof UnreachableError) {
    printError(`openclaw: ${error.message}`)
    return exitCodes.unreachable
  }
  const message = error instanceof Error ? error.message : String(error)
  printError(`openclaw: ${message.split('\n')[0]}`)
  return exitCodes.failure
}

function matchesOf(error: GatewayError): readonly string[] {
  const matches = error.details?.matches
  if (!Array.isArray(matches)) return []
  return matches.map((match: unknown) =>
    typeof match === 'object' && match !== null ? Object.values(match).join('  ') : String(match),
  )
}

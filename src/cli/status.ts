import { environment } from '../config/environment.ts'
import { askGateway, gatewayAddress, UnreachableError } from './ask-gateway.ts'
import { exitCodes } from './exit-codes.ts'
import { fieldsOf, loadTolerantly, type SessionOptions, secretOf } from './gateway-session.ts'
import { print, printError, printJson } from './output.ts'
import { statusLines } from './status-lines.ts'

/** Options of `openclaw status`. */
export type StatusOptions = SessionOptions

/** Asks the running gateway how it is: whether it serves, and with a token how each part is. */
export async function statusCommand(options: StatusOptions): Promise<number> {
  const env = environment()
  const secret = secretOf(options.tokenFile, env.OPENCLAW_TOKEN)
  const address = gatewayAddress(options.url, loadTolerantly(options))
  const { url } = address
  try {
    const health = fieldsOf((await askGateway(address, '/health')).body)
    // A token is shown to a gateway only.
    if (typeof health.version !== 'string') return refuse(options, url, health)
    if (secret === undefined) {
      show(options, url, health)
      if (!options.json) printError('For every part give a token: --token-file FILE, or OPENCLAW_TOKEN.')
      return exitCodes.ok
    }
    const answer = await askGateway(address, '/health/detail', secret)
    const detail = fieldsOf(answer.body)
    if (answer.status !== 200) return refuse(options, url, detail)
    show(options, url, detail)
    return exitCodes.ok
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error
    return fail(options, url, 'unreachable', error.message, exitCodes.unreachable)
  }
}

function show(options: StatusOptions, url: string, body: Fields): void {
  if (options.json) printJson({ url, ...body })
  else for (const line of statusLines(url, body)) print(line)
}

// The gateway's own sentence says what is wrong: the token, its scope, the address, the limit, or that it is stopping.
function refuse(options: StatusOptions, url: string, body: Fields): number {
  const { error, message } = body
  if (typeof error !== 'string' || typeof message !== 'string') {
    const sentence = `What answers at ${url} is no OpenClaw gateway. Check the address.`
    return fail(options, url, 'unreachable', sentence, exitCodes.unreachable)
  }
  const code = codes.get(error) ?? exitCodes.failure
  return fail(options, url, error, message, code)
}

const codes = new Map<string, number>([
  ['unauthorized', exitCodes.auth],
  ['insufficient_scope', exitCodes.auth],
  ['ip_not_allowed', exitCodes.auth],
  ['rate_limit_exceeded', exitCodes.rateLimited],
  ['not_found', exitCodes.notFound],
])

function fail(options: StatusOptions, url: string, status: string, sentence: string, code: number): number {
  if (options.json) printJson({ url, status, sentence })
  else printError(`openclaw: ${sentence}`)
  return code
}

type Fields = Readonly<Record<string, unknown>>

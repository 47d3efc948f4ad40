import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { environment } from '../config/environment.ts'
import type { HmacSha256 } from '../domain/webhooks/sign.ts'
import { type Verdict, verifyDelivery } from '../domain/webhooks/verify-delivery.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw webhook verify`. */
export interface VerifyOptions extends JsonOptions {
  readonly secretFile?: string
  /** `name: value`, any number. */
  readonly header?: readonly string[]
}

const example = 'openclaw webhook verify --secret-file secret.txt < body.json'

/** Verifies the body on stdin by the headers that are given, else by the signature in the body. Exits 1 where it is not genuine. */
export async function webhookVerify(options: VerifyOptions): Promise<number> {
  const secret = readSecret(options.secretFile, example)
  if (secret === undefined) {
    throw new UsageError('Give the secret with --secret-file or in OPENCLAW_WEBHOOK_SECRET.', example)
  }
  const headers = Object.fromEntries((options.header ?? []).map(splitHeader))
  const body = await text(process.stdin)
  const now = Date.now()
  const verdict = verifyDelivery({ body, headers, secret, now }, hmacSha256)
  // Files and here-documents end in a line end that the gateway never sent.
  const trimmed = body.replace(/\r?\n$/, '')
  const result: Verdict =
    verdict.valid || trimmed === body
      ? verdict
      : verifyDelivery({ body: trimmed, headers, secret, now }, hmacSha256)
  if (options.json === true) printJson(result)
  else if (result.valid) print(`valid (by ${result.by})`)
  else printError(`not valid: ${result.because}`)
  return result.valid ? exitCodes.ok : exitCodes.failure
}

/** Returns the secret of a file, without the line end, or else of `OPENCLAW_WEBHOOK_SECRET`. Throws `UsageError` where the file holds none. */
export function readSecret(file: string | undefined, example: string): string | undefined {
  if (file === undefined) return environment().OPENCLAW_WEBHOOK_SECRET || undefined
  const secret = read(file, example).replace(/\r?\n$/, '')
  // Anybody can sign with nothing.
  if (secret === '') throw new UsageError(`The file ${file} is empty.`, example)
  return secret
}

function read(file: string, example: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new UsageError(
      isMissing ? `There is no file ${file}.` : `The file ${file} cannot be read.`,
      example,
    )
  }
}

/** HMAC-SHA256 by Node's own crypto. */
export const hmacSha256: HmacSha256 = (key, message, encoding) =>
  createHmac('sha256', key).update(message).digest(encoding)

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1)
    throw new UsageError(
      `The header ${JSON.stringify(line)} has no colon.`,
      `${example} --header "webhook-id: evt_1"`,
    )
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
}

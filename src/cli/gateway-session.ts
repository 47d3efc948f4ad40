import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError } from '../config/problem.ts'
import { type ErrorCode, GatewayError, statusOfCode } from '../domain/errors.ts'
import {
  askGateway,
  type GatewayAddress,
  type GatewayRequest,
  gatewayAddress,
  UnreachableError,
} from './ask-gateway.ts'
import type { JsonOptions } from './grammar.ts'
import { configWithoutFile, loadBeside, loadForAddress } from './load-config.ts'
import { printError } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options of commands that ask a running gateway. */
export interface SessionOptions extends JsonOptions {
  readonly url?: string
  readonly tokenFile?: string
}

/** A running gateway, and the token to ask it with. */
export interface GatewaySession {
  readonly address: GatewayAddress
  readonly secret: string | undefined
}

/**
 * Returns where the gateway is and with which token it is asked: `--token-file`, else OPENCLAW_TOKEN, else the admin token that the first
 * start has left in the data folder. Throws `UsageError` for what cannot be read.
 */
export function gatewaySession(options: SessionOptions): GatewaySession {
  const env = environment()
  const loaded = loadTolerantly(options)
  const given = secretOf(options.tokenFile, env.OPENCLAW_TOKEN)
  // The first token is for the gateway of this data folder, and for no other one.
  const secret = given ?? (options.url === undefined ? firstTokenIn(loaded.paths.stateDir) : undefined)
  return { address: gatewayAddress(options.url, loaded), secret }
}

// A page of long messages is large.
const patience = { timeoutMs: 30_000, bodyBytesMax: 256 * 1024 * 1024 } as const

/** Asks a running gateway. Rejects with `GatewayError` for what it refuses, and with `UnreachableError`. */
export async function callGateway(
  { address, secret }: GatewaySession,
  path: string,
  request: GatewayRequest = {},
): Promise<unknown> {
  if (secret === undefined) throw noToken()
  const { status, body } = await askGateway(address, path, secret, { ...patience, ...request })
  if (status >= 200 && status < 300) return body
  throw refusal(address, status, body)
}

/** Makes the error for an answer that is not 2xx. */
export function refusal({ url }: GatewayAddress, status: number, body: unknown): Error {
  const { error, message, details } = fieldsOf(body)
  if (!isErrorCode(error) || typeof message !== 'string') {
    return new UnreachableError(
      `What answers at ${url} is no OpenClaw gateway (${status}). Check the address.`,
    )
  }
  return new GatewayError(error, message, isFields(details) ? { details } : {})
}

/** Makes the error for a command that needs a token and has none. */
export function noToken(): GatewayError {
  return new GatewayError(
    'unauthorized',
    'No token to ask with. Make one: openclaw token create --name cli --scope chat,send,read; then set OPENCLAW_TOKEN, or give --token-file FILE.',
  )
}

/** Returns the token of a file, else of a variable, without the blanks at its ends. Throws `UsageError` for what is none. */
export function secretOf(file: string | undefined, variable: string | undefined): string | undefined {
  const secret = (file === undefined ? variable : readToken(file))?.trim()
  if (secret === undefined || secret === '') return undefined
  if (/^[!-~]+$/.test(secret)) return secret
  const where = file === undefined ? 'OPENCLAW_TOKEN' : `The file ${file}`
  throw new UsageError(`${where} does not hold a token alone.`, example)
}

const example = 'openclaw status --token-file ./token'

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    throw new UsageError(
      code === 'ENOENT' ? `There is no file ${file}.` : `The file ${file} cannot be read (${code}).`,
      example,
    )
  }
}

function firstTokenIn(stateDir: string): string | undefined {
  try {
    return readFileSync(join(stateDir, 'first-token'), 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** Loads the config for its address; one with a mistake says nothing of where the gateway is that runs on its last good one. */
export function loadTolerantly(options: SessionOptions): LoadedConfig {
  try {
    return options.url === undefined ? loadForAddress(options) : loadBeside(options)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (options.url === undefined) {
      printError(
        'The config file has mistakes, so the default address is asked: see openclaw config validate',
      )
    }
    return configWithoutFile()
  }
}

/** Returns the members of a parsed body, or none. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return isFields(body) ? body : {}
}

/** Returns the rows of a list. */
export function rowsOf(body: unknown, field = 'data'): readonly Readonly<Record<string, unknown>>[] {
  const rows = fieldsOf(body)[field]
  return Array.isArray(rows) ? rows.filter(isFields) : []
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(statusOfCode, code)
}

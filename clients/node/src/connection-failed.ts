import { ConnectionFailedError } from './errors.ts'
import { isBrowser } from './requests.ts'

/** Makes the error for a connection that could not be opened or broke: with the system's code, and what to do about it. */
export function connectionFailed(error: unknown, baseUrl: string): ConnectionFailedError {
  const code = codeOf(error)
  return new ConnectionFailedError(wordsFor(code, error, baseUrl), code)
}

// The error's own text is never repeated: it could hold a header.
function wordsFor(code: string | undefined, error: unknown, baseUrl: string): string {
  if (code === 'ECONNREFUSED') {
    return `Nothing answers at ${baseUrl} (${code}): start the gateway there with "openclaw gateway", or give the client the address that it prints.`
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `The host of ${baseUrl} cannot be found (${code}): check its name.`
  }
  if (code !== undefined && /SSL|TLS|CERT|EPROTO|UNABLE_TO/.test(code)) {
    return `${baseUrl} speaks no TLS, or has a certificate that is not trusted here (${code}): check whether the address begins with http:// or https://.`
  }
  if (code === undefined && isBrowser()) {
    return `${baseUrl} cannot be reached from this page: the gateway is not there, or its api.security.cors.origins lacks the page's origin.`
  }
  if (causeOf(error)?.message === 'bad port') {
    return `fetch opens no connection to the port of ${baseUrl}: let the gateway listen on another one.`
  }
  const why = code ?? (error instanceof Error ? error.name : 'unknown')
  return `${baseUrl} cannot be reached, or broke the connection off (${why}): check that the gateway runs there, and its log.`
}

// A name with several addresses fails with one error for each (https://nodejs.org/api/net.html#socketconnectoptions-connectlistener).
function codeOf(error: unknown): string | undefined {
  const cause = causeOf(error)
  const all = cause instanceof AggregateError ? [cause, ...cause.errors] : [cause]
  for (const one of all) {
    if (one instanceof Error && 'code' in one && typeof one.code === 'string') return one.code
  }
  return undefined
}

function causeOf(error: unknown): Error | undefined {
  return error instanceof Error && error.cause instanceof Error ? error.cause : undefined
}

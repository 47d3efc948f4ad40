import { isRecord, textOf } from './record.ts'

/** What a provider said about its failure, unmasked: for decisions, not for show. */
export interface ForeignError {
  readonly message?: string
  readonly type?: string
  /** Its code; a number is kept as its digits. */
  readonly code?: string
  readonly param?: string
}

/**
 * Reads the body of an error as any of the dialects' servers write it: `{error: {message, type, code, param}}`, `{error: "…"}`,
 * the same in a list (Google), `{message}`, `{detail}`. Anything else gives an empty one.
 */
export function readForeignError(body: string): ForeignError {
  try {
    return foreignErrorOf(JSON.parse(body))
  } catch {
    return {}
  }
}

/** Reads parsed JSON like `readForeignError`. */
export function foreignErrorOf(json: unknown): ForeignError {
  const outer: unknown = Array.isArray(json) ? json[0] : json
  if (!isRecord(outer)) return typeof outer === 'string' && outer !== '' ? { message: outer } : {}
  const inner = outer.error
  if (typeof inner === 'string' && inner !== '') return { message: inner }
  const error = isRecord(inner) ? inner : outer
  const message = textOf(error, 'message') ?? textOf(error, 'detail')
  const type = textOf(error, 'type') ?? textOf(error, 'status')
  const code = typeof error.code === 'number' ? String(error.code) : textOf(error, 'code')
  const param = textOf(error, 'param')
  return {
    ...(message === undefined ? {} : { message }),
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  }
}

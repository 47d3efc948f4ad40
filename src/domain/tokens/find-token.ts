import { GatewayError } from '../errors.ts'
import type { Sha256Hex } from './secret.ts'
import type { Token } from './token.ts'

const prefixLengthMin = 'tok_'.length + 1

/**
 * Returns the token that a person means by the whole secret, the id, the name, or a prefix of the id (`tok_` and at least one more).
 * Of tokens of one name those that are not revoked come first. Throws `not_found`, and `invalid_request` with `details.matches` where
 * it could be more than one. No message holds what was given: it may be a secret.
 */
export function findToken(reference: string, tokens: readonly Token[], sha256Hex: Sha256Hex): Token {
  const hash = sha256Hex(reference)
  const matches =
    some(tokens, (token) => token.secrets.some((secret) => secret.hash === hash)) ??
    some(tokens, (token) => token.id === reference) ??
    some(tokens, (token) => token.name === reference && token.revokedAt === null) ??
    some(tokens, (token) => token.name === reference) ??
    some(tokens, (token) => reference.length >= prefixLengthMin && token.id.startsWith(reference)) ??
    []
  const [first, ...others] = matches
  if (first === undefined) {
    throw new GatewayError(
      'not_found',
      'There is no such token. Give its id, its name or the whole secret; openclaw token list shows ids and names.',
    )
  }
  if (others.length > 0) {
    throw new GatewayError(
      'invalid_request',
      `That could be ${matches.length} tokens. Give the whole id of one of them.`,
      {
        details: { matches: matches.map(({ id, name }) => ({ id, name })) },
      },
    )
  }
  return first
}

function some(tokens: readonly Token[], test: (token: Token) => boolean): readonly Token[] | undefined {
  const matches = tokens.filter(test)
  return matches.length === 0 ? undefined : matches
}

import { type GatewayUnderTest, type RunningGateway, startGateway } from './gateway.ts'

const plenty = 1_000_000

/**
 * Starts a gateway that stops with the stack, also where a later step of the preparation fails. Its tokens (`admin` alone by default) may
 * ask as often as they like, unless they say otherwise.
 */
export async function useGateway(
  stack: AsyncDisposableStack,
  options: GatewayUnderTest = {},
): Promise<RunningGateway> {
  const tokens = Object.entries(options.tokens ?? { admin: { scope: ['admin'] } }).map(
    ([name, token]) => [name, { rateLimit: plenty, ...token }] as const,
  )
  const gateway = await startGateway({ ...options, tokens: Object.fromEntries(tokens) })
  stack.defer(() => gateway.stop())
  return gateway
}

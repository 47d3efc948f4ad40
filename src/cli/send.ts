import { exitCodes } from './exit-codes.ts'
import { callGateway, fieldsOf, gatewaySession, type SessionOptions } from './gateway-session.ts'
import { print, printJson } from './output.ts'

// The gateway itself tries for 30 seconds.
const answerMs = 45_000

/** Has the running gateway post a message to a chat, and prints the platform's ids of it. */
export async function sendCommand(
  channel: string,
  chatId: string,
  message: string,
  options: SessionOptions,
): Promise<number> {
  const body = await callGateway(gatewaySession(options), '/api/v1/send', {
    method: 'POST',
    body: { channel, chatId, message },
    timeoutMs: answerMs,
  })
  if (options.json === true) {
    printJson(body)
    return exitCodes.ok
  }
  const { id, externalIds } = fieldsOf(body)
  const ids = Array.isArray(externalIds) ? externalIds.map(String).join(', ') : ''
  print(`Sent ${String(id)} to ${chatId} on ${channel} (${ids}).`)
  return exitCodes.ok
}

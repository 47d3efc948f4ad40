// Sends a message to a Telegram chat: notify.js CHAT_ID TEXT [NAME]
// Outside of the repository: npm install openclaw-client, and import it by that name.
import { ApiError, OpenClawClient } from '../../../clients/node/src/index.ts'

const [chatId, text, idempotencyKey] = process.argv.slice(2)
if (text === undefined) {
  console.error('Usage: notify.js CHAT_ID TEXT [NAME]')
  process.exit(2)
}
const client = new OpenClawClient(
  process.env.OPENCLAW_URL ?? 'http://localhost:18789',
  process.env.OPENCLAW_TOKEN,
)
try {
  const { externalIds, conversationId } = await client.send('telegram', chatId, text, {
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  console.log(`Sent as ${externalIds.join(', ')} in ${conversationId}.`)
} catch (error) {
  if (!(error instanceof ApiError)) throw error
  console.error(`Not sent: ${error.message}`)
  process.exitCode = 1
}

// Sends a message to a Telegram chat: notify.js CHAT_ID TEXT [NAME]
// In a project of your own install the client from the clone (docs/getting-started.md), and import it from 'openclaw-client'.
import { OpenClawClient, OpenClawError } from '../../../clients/node/src/index.ts'

const [chatId, text, idempotencyKey] = process.argv.slice(2)
if (text === undefined) {
  console.error('Usage: notify.js CHAT_ID TEXT [NAME]')
  process.exit(2)
}
const { OPENCLAW_URL = 'http://localhost:18789', OPENCLAW_TOKEN } = process.env
if (!OPENCLAW_TOKEN) {
  console.error(
    'Set OPENCLAW_TOKEN to a token with scope send; in the folder of the clone this makes one: npx openclaw token create --name notify --scope send',
  )
  process.exit(2)
}
const client = new OpenClawClient(OPENCLAW_URL, OPENCLAW_TOKEN)
try {
  const { externalIds, conversationId } = await client.send('telegram', chatId, text, {
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  console.log(`Sent as ${externalIds.join(', ')} in ${conversationId}.`)
} catch (error) {
  if (!(error instanceof OpenClawError)) throw error
  console.error(`Not sent: ${error.message}`)
  process.exitCode = 1
}

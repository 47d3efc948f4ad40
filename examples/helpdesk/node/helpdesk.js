// Writes first replies for tickets: a JSON list on stdin, one JSON object a line on stdout.
import { json } from 'node:stream/consumers'
// In a project of your own install the client from the clone (docs/getting-started.md), and import it from 'openclaw-client'.
import { OpenClawClient, OpenClawError } from '../../../clients/node/src/index.ts'

const systemPrompt =
  'You are an expert in technical support. Write a first reply to the ticket: professional, friendly, ' +
  'with what to try next. Promise nothing that you cannot know.'

async function firstReply(client, { id, title, description, priority }) {
  const question = `Ticket title: ${title}\nTicket description: ${description}\nPriority: ${priority}`
  const { content, model } = await client.chat(question, {
    systemPrompt,
    metadata: { ticket: id },
    idempotencyKey: `first-reply-${id}`,
  })
  return { ticket: id, reply: content, auto_generated: true, model, needs_review: priority === 'high' }
}

const { OPENCLAW_URL = 'http://localhost:18789', OPENCLAW_TOKEN } = process.env
if (!OPENCLAW_TOKEN) {
  console.error(
    'Set OPENCLAW_TOKEN to a token with scope chat; in the folder of the clone this makes one: npx openclaw token create --name helpdesk --scope chat',
  )
  process.exit(2)
}
const client = new OpenClawClient(OPENCLAW_URL, OPENCLAW_TOKEN)
const tickets = await json(process.stdin).catch(() => undefined)
if (!Array.isArray(tickets)) {
  console.error('Give a JSON list of tickets on stdin, for example: < ../tickets.json')
  process.exit(2)
}
for (const ticket of tickets) {
  try {
    console.log(JSON.stringify(await firstReply(client, ticket)))
  } catch (error) {
    if (!(error instanceof OpenClawError)) throw error
    process.exitCode = 1
    console.log(JSON.stringify({ ticket: ticket.id, error: error.message, needs_review: true }))
  }
}

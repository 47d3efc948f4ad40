// Writes first replies for tickets: a JSON list on stdin, one JSON object a line on stdout.
import { json } from 'node:stream/consumers'
// Outside of the repository: npm install openclaw-client, and import it by that name.
import { ApiError, OpenClawClient } from '../../../clients/node/src/index.ts'

const systemPrompt =
  'You are an expert in technical support. Write a first reply to the ticket: professional, friendly, ' +
  'with what to try next. Promise nothing that you cannot know.'

async function firstReply(client, { id, title, description, priority }) {
  const question = `Ticket title: ${title}\nTicket description: ${description}\nPriority: ${priority}`
  const { content, model } = await client.chat(question, {
    model: null,
    systemPrompt,
    metadata: { ticket: id },
    idempotencyKey: `first-reply-${id}`,
  })
  return { ticket: id, reply: content, auto_generated: true, model, needs_review: priority === 'high' }
}

const client = new OpenClawClient(
  process.env.OPENCLAW_URL ?? 'http://localhost:18789',
  process.env.OPENCLAW_TOKEN,
)
for (const ticket of await json(process.stdin)) {
  try {
    console.log(JSON.stringify(await firstReply(client, ticket)))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    process.exitCode = 1
    console.log(JSON.stringify({ ticket: ticket.id, error: error.message, needs_review: true }))
  }
}

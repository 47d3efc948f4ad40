// Drives the Node client: one JSON order a line on stdin, one JSON outcome a line on stdout.
import { createInterface } from 'node:readline'

const [module, url] = process.argv.slice(2)
const { OpenClawClient, OpenClawError } = await import(module)

const actions = {
  chat: (client, { message, options }) => client.chat(message, options),
  async stream(client, { message, options, leaveAfter }) {
    let text = ''
    let events = 0
    for await (const event of await client.stream(message, options)) {
      events++
      if (event.type === 'delta') text += event.content
      if (event.type === 'done')
        return { text: text.length > 200 ? text.length : text, end: event.finishReason }
      if (events === leaveAfter) return { left: true }
    }
    return { text }
  },
  send: (client, { channel, chatId, message }) => client.send(channel, chatId, message),
  health: (client) => client.health(),
  models: async (client) => (await client.getModels()).data.map(({ id }) => id),
  async conversations(client, { pageSize }) {
    let count = 0
    for await (const { id } of client.conversations({ pageSize })) if (id) count++
    return { count }
  },
  async messages(client, { id, pageSize }) {
    const roles = []
    for await (const { role } of client.messages(id, { pageSize })) roles.push(role)
    return { roles }
  },
  async deleteConversation(client, { id }) {
    await client.deleteConversation(id)
    return { deleted: true }
  },
}

// A reader by lines would split at U+2028.
function print(outcome) {
  console.log(
    JSON.stringify(outcome).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  )
}

for await (const line of createInterface({ input: process.stdin })) {
  const { action, token = process.env.OPENCLAW_TOKEN, timeoutMs = 20_000, ...order } = JSON.parse(line)
  const client = new OpenClawClient(url, token, { timeoutMs })
  try {
    print({ value: await actions[action](client, order) })
  } catch (error) {
    if (!(error instanceof OpenClawError)) throw error
    const { name, status, code, retryAfter, requestId, message } = error
    const leaks = `${message} ${error.stack} ${JSON.stringify(error)}`.includes(token)
    print({ error: { name, status, code, retryAfter, hasRequestId: requestId !== undefined, leaks } })
  }
}

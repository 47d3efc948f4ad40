// Drives the Node client: one JSON order a line on stdin, one JSON outcome a line on stdout.
import { createInterface } from 'node:readline'
import { inspect } from 'node:util'

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

async function act({ action, token, timeoutMs, baseUrl, maxRetries, abortAfterMs, ...order }) {
  const client = new OpenClawClient(baseUrl, token, {
    timeoutMs,
    ...(maxRetries === undefined ? {} : { maxRetries }),
  })
  if (abortAfterMs === undefined) return actions[action](client, order)
  const signal = AbortSignal.timeout(abortAfterMs)
  return actions[action](client, { ...order, options: { signal } }).catch((error) => {
    if (error !== signal.reason) throw error
    return { aborted: true }
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = { token: process.env.OPENCLAW_TOKEN, timeoutMs: 20_000, baseUrl: url, ...JSON.parse(line) }
  try {
    print({ value: await act(order) })
  } catch (error) {
    const { name, status, code, retryAfter, requestId, docUrl, message } = error
    const leaks = inspect(error, { depth: 9, showHidden: true }).includes(order.token)
    const words = order.tells ? { message } : {}
    if (!(error instanceof OpenClawError)) print({ crash: { name, message } })
    else
      print({
        error: {
          name,
          status,
          code,
          retryAfter,
          hasRequestId: requestId !== undefined,
          docUrl,
          leaks,
          ...words,
        },
      })
  }
}

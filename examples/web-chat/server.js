// Serves the page, and mints a token for whoever opens it. Run: OPENCLAW_TOKEN=oc_tok_… node server.js
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { OPENCLAW_URL: gateway = 'http://localhost:18789', OPENCLAW_TOKEN } = process.env
if (!OPENCLAW_TOKEN) {
  console.error(
    'Set OPENCLAW_TOKEN to a token with scope chat; in the folder of the clone this makes one: npx openclaw token create --name web-chat --scope chat',
  )
  process.exit(2)
}
const port = Number(process.env.PORT ?? 8080)
const origin = process.env.ORIGIN ?? `http://localhost:${port}`
const page = readFileSync(new URL('index.html', import.meta.url))
const policy = `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self' ${gateway}`

const server = createServer(async (request, response) => {
  if (request.method === 'GET' && request.url === '/') {
    response.setHeader('Content-Security-Policy', policy)
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(page)
  } else if (request.method === 'POST' && request.url === '/session') {
    // Here is the place for your own login. A page of another site is kept out by its origin.
    if (request.headers.origin !== origin) return response.writeHead(403).end()
    const { status, body } = await mint(await text(request))
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(body))
  } else response.writeHead(404).end()
})
server.listen(port, '127.0.0.1', () =>
  console.log(`Open ${origin.replace(/:0$/, `:${server.address().port}`)} (PORT changes the port)`),
)
server.on('error', ({ code }) => {
  console.error(`Port ${port} cannot be had (${code}): set PORT to another one.`)
  process.exit(1)
})

async function mint(earlier) {
  try {
    const answer = await fetch(`${gateway}/api/v1/tokens/session`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${OPENCLAW_TOKEN}`,
        'Content-Type': 'application/json',
      },
      // An earlier token of this page keeps its conversation.
      body: JSON.stringify({ origin, ...(earlier === '' ? {} : { continues: earlier }) }),
      signal: AbortSignal.timeout(10_000),
    })
    const body = await answer.json()
    if (answer.ok)
      return { status: 200, body: { url: gateway, token: body.token, expiresAt: body.expiresAt } }
    console.error(body.message)
  } catch (error) {
    console.error(
      `Nothing answers at ${gateway} (${error.cause?.code ?? error.name}): set OPENCLAW_URL to the gateway's address.`,
    )
  }
  return { status: 502, body: { message: 'No token could be had. The server of this page says why.' } }
}

async function text(request) {
  let body = ''
  for await (const piece of request) if (body.length < 2_000) body += piece
  return body
}

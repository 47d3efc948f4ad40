// A receiver of OpenClaw webhooks. Run: WEBHOOK_SECRET=your-webhook-secret node receiver.js [port]
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = process.env.WEBHOOK_SECRET
if (!secret) throw new Error('Set WEBHOOK_SECRET to the secret of the endpoint.')
const seen = new Set()

function verifyWebhook(payload, signature) {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`)
  const given = Buffer.from(String(signature))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const server = createServer(async (request, response) => {
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  // The raw bytes as they came: JSON that was parsed and written again can differ.
  const payload = Buffer.concat(pieces)
  if (!verifyWebhook(payload, request.headers['x-openclaw-signature-256'])) {
    response.writeHead(401).end()
    return
  }
  const event = JSON.parse(payload.toString())
  // Deliveries come at least once: what was seen is acknowledged and not done again. Keep the ids in your database.
  if (!seen.has(event.id)) {
    seen.add(event.id)
    console.log(`${event.event} ${event.data.content ?? ''}`)
  }
  response.writeHead(204).end()
})

server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`)
})

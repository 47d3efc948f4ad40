// A receiver of OpenClaw webhooks. Run: WEBHOOK_SECRET=your-webhook-secret node receiver.js [port, else PORT, else 8090]
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const { WEBHOOK_SECRET: secret, PORT = 8090 } = process.env
if (!secret) {
  console.error('Set WEBHOOK_SECRET to the secret that the endpoint has in openclaw.json5.')
  process.exit(2)
}
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
  const genuine = verifyWebhook(payload, request.headers['x-openclaw-signature-256'])
  if (!genuine) return response.writeHead(401).end()
  const event = JSON.parse(payload.toString())
  // Deliveries come at least once: what was seen is acknowledged and not done again. Keep the ids in your database.
  if (!seen.has(event.id)) {
    seen.add(event.id)
    console.log(`${event.event} ${event.data.content ?? ''}`)
  }
  response.writeHead(204).end()
})
server.on('error', ({ message }) => {
  console.error(`${message}: set PORT to another one.`)
  process.exitCode = 1
})
server.listen(Number(process.argv[2] ?? PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/ (PORT changes the port)`)
})

// @ts-check
// The floor: the least that a gateway in Node can do. It knows no token, reads no body, stores nothing. Started by run.ts. The only
// file here that is JavaScript as it stands: the type stripper would add 18 MB to the process that is the measure of the others.
import http from 'node:http'
import { Pool } from 'undici'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 2048 })

const server = http.createServer((request, response) => {
  if (request.method === 'GET') {
    response.end('ok')
    return
  }
  /** @type {Buffer[]} */
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const body = parts.length === 1 ? (parts[0] ?? '') : Buffer.concat(parts)
    forward(request.url ?? '/', body, response).catch((error) => response.destroy(error))
  })
})
server.listen(port, '127.0.0.1')
// A process that ends by itself leaves its profile behind.
process.on('SIGTERM', () => process.exit())

/** @type {(path: string, body: Buffer | string, response: http.ServerResponse) => Promise<void>} */
async function forward(path, body, response) {
  const answer = await pool.request({
    path,
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  const type = String(answer.headers['content-type'])
  if (type.startsWith('application/json')) {
    const whole = await answer.body.text()
    response.writeHead(answer.statusCode, {
      'content-type': type,
      'content-length': Buffer.byteLength(whole),
    })
    response.end(whole)
    return
  }
  response.writeHead(answer.statusCode, { 'content-type': type })
  response.on('close', () => answer.body.destroy())
  answer.body.on('data', (part) => {
    if (response.write(part)) return
    answer.body.pause()
    response.once('drain', () => answer.body.resume())
  })
  answer.body.on('end', () => response.end())
  answer.body.on('error', (error) => response.destroy(error))
}

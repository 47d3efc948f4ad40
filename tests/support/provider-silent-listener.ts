import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Runs with the port of a listener that accepts connections and never says a word: an answer, or a TLS handshake, hangs. */
export async function withSilentListener(use: (port: number) => Promise<void>): Promise<void> {
  const sockets: Socket[] = []
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    sockets.push(socket)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  try {
    await use(typeof address === 'object' && address !== null ? address.port : 0)
  } finally {
    for (const socket of sockets) socket.destroy()
    listener.close()
  }
}

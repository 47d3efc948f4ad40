import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeCertificate } from './certificate.ts'

/** The name in deploy/nginx.conf. */
export const publicName = 'gateway.example.com'

/** A real nginx with deploy/nginx.conf. */
export interface Nginx extends AsyncDisposable {
  readonly port: number
  /** The certificate to trust. */
  readonly ca: Buffer
}

const readyWithinMs = 30_000
const triesMax = 3
const deployed = join(import.meta.dirname, '..', '..', '..', 'deploy', 'nginx.conf')

/** Starts nginx in front of a gateway, in a folder of its own, and waits until it takes connections. */
export async function startNginx(gatewayUrl: string): Promise<Nginx> {
  // Another program may have taken the free port before nginx does.
  for (let tries = 1; ; tries++) {
    try {
      return await tryToStart(gatewayUrl)
    } catch (error) {
      if (tries === triesMax) throw error
    }
  }
}

async function tryToStart(gatewayUrl: string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-nginx-'))
  const port = await freePort()
  const ca = makeCertificate(folder, publicName).cert
  const conf = withOwnLines(readFileSync(deployed, 'utf8'), {
    'server 127.0.0.1:18789;': `server ${new URL(gatewayUrl).host};`,
    'listen 443 ssl http2 default_server;': `listen 127.0.0.1:${port} ssl http2 default_server;`,
    'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
    '/etc/ssl/openclaw/fullchain.pem': `"${join(folder, `${publicName}.cert.pem`)}"`,
    '/etc/ssl/openclaw/privkey.pem': `"${join(folder, `${publicName}.key.pem`)}"`,
  })
  mkdirSync(join(folder, 'temp'))
  writeFileSync(join(folder, 'openclaw.conf'), conf)
  writeFileSync(join(folder, 'nginx.conf'), mainConf)
  const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
  }
  try {
    await untilListening(child, port)
  } catch (error) {
    await stop()
    throw new Error(`nginx does not serve: ${said}`, { cause: error })
  }
  return { port, ca, [Symbol.asyncDispose]: stop }
}

// One process in the foreground, as whoever runs the test.
const mainConf = `daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  include openclaw.conf;
}
`

function withOwnLines(conf: string, lines: Readonly<Record<string, string>>): string {
  return Object.entries(lines).reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`deploy/nginx.conf must hold this once: ${from}`)
    return text.replace(from, to)
  }, conf)
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + readyWithinMs
  while (child.exitCode === null && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await delay(20)
  }
  throw new Error('not in time')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}

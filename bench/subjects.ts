import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Wire } from './check-answer.ts'
import { chatPath, type Dialect, modelId } from './dialects.ts'
import type { SubjectName } from './options.ts'
import { messageOf, type Question } from './question.ts'

/** What can be asked: a port and the way to put a question to it. */
export interface Target {
  readonly name: SubjectName | 'direct'
  readonly port: number
  /** The wire that it answers in. */
  readonly wire: Wire
  /** Returns the bytes of a whole request. */
  readonly request: (question: Question) => Buffer
}

/** How a subject is started. */
export interface Recipe {
  readonly target: Target
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 as soon as requests are served. */
  readonly readyPath: string
}

/** What a recipe needs to know. */
export interface Place {
  readonly dialect: Dialect
  readonly upstreamPort: number
  readonly port: number
  /** An empty folder of its own. */
  readonly folder: string
  /** Where ours keeps its compiled code; an empty folder makes it a machine's first start. */
  readonly compileCache: string
  /** The checkout that ours is taken from. */
  readonly root: string
}

/** The peer's server as npm installs it. */
export const peerServer = fromBench('node_modules/@portkey-ai/gateway/build/start-server.js')

/** Returns how a subject is started and asked. Writes its config, where it has one. */
export function recipeOf(name: SubjectName, place: Place): Recipe {
  switch (name) {
    case 'floor':
      return floor(place)
    case 'ours':
      return ours(place)
    case 'peer':
      return peer(place)
  }
}

/** The upstream itself, with nothing between. */
export function direct(dialect: Dialect, upstreamPort: number): Target {
  return {
    name: 'direct',
    port: upstreamPort,
    wire: dialect,
    request: (question) => post(upstreamPort, chatPath(dialect), {}, providerBody(question)),
  }
}

function floor({ dialect, upstreamPort, port }: Place): Recipe {
  return {
    target: { ...direct(dialect, port), name: 'floor' },
    args: [fromBench('floor.js'), String(port), String(upstreamPort)],
    env: {},
    readyPath: '/',
  }
}

function ours({ dialect, upstreamPort, port, folder, compileCache, root }: Place): Recipe {
  const secret = `oc_tok_${randomBytes(18).toString('hex')}`
  const config = path.join(folder, 'openclaw.json5')
  writeFileSync(config, JSON.stringify(ourConfig(dialect, upstreamPort, secret), null, 2), { mode: 0o600 })
  const authorization = `Bearer ${secret}`
  return {
    target: {
      name: 'ours',
      port,
      wire: 'openclaw',
      request: (question) =>
        post(
          port,
          question.stream ? '/api/v1/chat/stream' : '/api/v1/chat',
          { authorization },
          { message: messageOf(question) },
        ),
    },
    // As `npm start` has it.
    args: [
      '--max-semi-space-size=4',
      path.join(root, 'bin/openclaw.js'),
      'gateway',
      '--config',
      config,
      '--port',
      String(port),
    ],
    env: { OPENCLAW_STATE_DIR: path.join(folder, 'state'), HOME: folder, NODE_COMPILE_CACHE: compileCache },
    readyPath: '/health',
  }
}

function ourConfig(dialect: Dialect, upstreamPort: number, secret: string): unknown {
  const root = `http://127.0.0.1:${upstreamPort}`
  const provider =
    dialect === 'openai'
      ? { api: 'openai-completions', baseUrl: `${root}/v1` }
      : { api: 'anthropic-messages', baseUrl: root }
  const token = `sha256:${createHash('sha256').update(secret).digest('hex')}`
  const models = [{ id: modelId, name: 'Bench', contextWindow: 128_000, maxTokens: 16_000 }]
  return {
    api: {
      auth: { enabled: true, tokens: [{ name: 'bench', token, scope: ['chat', 'read'] }] },
      rateLimit: { perToken: { windowMs: 60_000, maxRequests: 10_000_000 } },
      limits: { concurrentStreams: 2000 },
    },
    models: { default: modelId, providers: { bench: { ...provider, apiKey: 'sk-bench', models } } },
  }
}

function peer({ dialect, upstreamPort, port }: Place): Recipe {
  const headers = {
    authorization: 'Bearer sk-bench',
    'x-portkey-provider': dialect,
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  }
  return {
    target: {
      name: 'peer',
      port,
      wire: 'openai',
      request: (question) => post(port, '/v1/chat/completions', headers, providerBody(question)),
    },
    args: [peerServer, `--port=${port}`, '--headless'],
    env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
    readyPath: '/',
  }
}

function providerBody(question: Question): unknown {
  const messages = [{ role: 'user', content: messageOf(question) }]
  return { model: modelId, max_tokens: 4096, stream: question.stream, messages }
}

function post(port: number, to: string, headers: Readonly<Record<string, string>>, body: unknown): Buffer {
  const text = JSON.stringify(body)
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${to} HTTP/1.1\r\n${lines.join('')}\r\n${text}`)
}

function fromBench(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

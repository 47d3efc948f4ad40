import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { statusOfCode } from '../../src/domain/errors.ts'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { checkErrorBody, expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { fieldsOf, type ProviderServer, type RecordedRequest } from '../support/provider-server.ts'
import { framesOf, saidIn, typesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'
import { type Ending, type ErrorBody, type FaultCase, faults } from './faults.ts'

const dialects = {
  openai: {
    api: 'openai-completions',
    apiKey: openAiDefaults.apiKey,
    start: startOpenAiServer,
    errorOf: (type, message) => ({ error: { message, type, param: null, code: null } }),
  },
  anthropic: {
    api: 'anthropic-messages',
    apiKey: anthropicDefaults.apiKey,
    start: startAnthropicServer,
    errorOf: (type, message) => ({ type: 'error', error: { type, message }, request_id: 'req_1' }),
  },
} as const satisfies Record<string, { readonly errorOf: ErrorBody; readonly [key: string]: unknown }>
const names = ['openai', 'anthropic'] as const
const nobodyListens = 'http://127.0.0.1:1'
const models = faults.map(({ name }) => ({ id: name }))

/** Every fault, plain and streaming, in both dialects: what the caller sees, how often the provider is asked, and that no key leaks. */
export function describeFaults(hasFallback: boolean): void {
  describe(hasFallback ? 'with a fallback' : 'without a fallback', () => {
    const stack = new AsyncDisposableStack()
    let servers: Readonly<Record<(typeof names)[number], ProviderServer>>
    let backup: ProviderServer
    let gateway: RunningGateway

    before(async () => {
      servers = {
        openai: stack.use(await faulty('openai')),
        anthropic: stack.use(await faulty('anthropic')),
      }
      backup = stack.use(await startOpenAiServer())
      gateway = await useGateway(stack, {
        config: { models: modelsOf(servers, backup.url, hasFallback) },
      })
    })
    after(() => stack.disposeAsync())

    describe('cases', { concurrency: true }, () => {
      for (const dialect of names) {
        for (const wantsStream of [false, true]) {
          describe(`${dialect}, ${wantsStream ? 'stream' : 'plain'}`, { concurrency: true }, () => {
            for (const fault of faults) {
              const ending = wantsStream ? fault.stream : fault.plain
              const answers = hasFallback && ending.mended
              it(`${fault.name}: ${answers ? 'the fallback answers' : ending.code}`, async () => {
                const path = wantsStream ? '/api/v1/chat/stream' : '/api/v1/chat'
                const model = `${dialect}-${fault.name}/${fault.name}`
                const reply = await gateway.call('POST', path, { message: 'Hello', model })
                const text = await reply.clone().text()
                if (answers) checkAnswer(reply, text, wantsStream)
                else if (ending.inFrame) checkFrame(reply, text, fault, ending)
                else await checkRefusal(reply, fault, ending)
                const asked = servers[dialect].requests.filter((request) =>
                  isAbout(request, fault, wantsStream),
                )
                assert.equal(asked.length, fault.asked)
                const attempts = (fault.behaviour === undefined ? 3 : fault.asked) + (answers ? 1 : 0)
                assert.equal(reply.headers.get('x-openclaw-attempts'), String(attempts))
                const headers = JSON.stringify([...reply.headers])
                for (const key of keys) assert.ok(!text.includes(key) && !headers.includes(key))
              })
            }
          })
        }
      }
    })

    it('no key stands in what was printed, in the log or in the store', async () => {
      const state = join(gateway.home, 'state')
      const files = (await readdir(state, { recursive: true, withFileTypes: true })).filter((file) =>
        file.isFile(),
      )
      assert.ok(files.length > 0)
      const written = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))))
      for (const key of keys) {
        assert.ok(!gateway.output().includes(key))
        for (const bytes of written) assert.ok(!bytes.includes(key))
      }
    })

    it('each failed attempt is a line of the log with its provider, model and reason', () => {
      const lines = gateway
        .output()
        .split('\n')
        .filter((line) => line.includes('model attempt failed') && line.includes('model=status-503'))
      // Three tries, plain and streaming, in both dialects.
      assert.equal(lines.length, 12)
      for (const line of lines)
        assert.match(
          line,
          /^\d\d:\d\d:\d\d\.\d{3} WARN .* attempt=\d provider=\w+-status-503 model=status-503 durationMs=\d+ reason=503/,
        )
    })
  })
}

const keys: readonly string[] = [openAiDefaults.apiKey, anthropicDefaults.apiKey]

async function faulty(name: (typeof names)[number]): Promise<ProviderServer> {
  const { start, errorOf } = dialects[name]
  const server = await start({ models })
  server.behave = (request) => {
    const { model, stream } = fieldsOf(request.body)
    return faults.find((fault) => fault.name === model)?.behaviour?.(stream === true, errorOf)
  }
  return server
}

// Each fault has a provider of its own, so that none of them makes another one cool down.
function modelsOf(
  servers: Readonly<Record<(typeof names)[number], ProviderServer>>,
  backupUrl: string,
  hasFallback: boolean,
): unknown {
  const providers = names.flatMap((name) =>
    faults.map((fault) => {
      const { api, apiKey } = dialects[name]
      const baseUrl = fault.behaviour === undefined ? nobodyListens : servers[name].url
      return [`${name}-${fault.name}`, { api, baseUrl, apiKey, models: [{ id: fault.name }] }] as const
    }),
  )
  const backup = {
    api: 'openai-completions',
    baseUrl: backupUrl,
    apiKey: openAiDefaults.apiKey,
    models: [{ id: 'gpt-4o-mini' }],
  }
  return {
    retries: 2,
    fallbacks: hasFallback ? ['backup/gpt-4o-mini'] : [],
    // Long enough for ten megabytes on a slow machine that does all the other cases as well.
    timeouts: { connectMs: 9_000, firstTokenMs: 8_000, idleMs: 6_000, totalMs: 15_000 },
    providers: { ...Object.fromEntries(providers), backup },
  }
}

function isAbout({ body }: RecordedRequest, fault: FaultCase, wantsStream: boolean): boolean {
  const { model, stream } = fieldsOf(body)
  return model === fault.name && (stream === true) === wantsStream
}

function checkAnswer(reply: Response, text: string, wantsStream: boolean): void {
  assert.equal(reply.status, 200, text)
  if (wantsStream) {
    const frames = framesOf(text)
    assert.deepEqual(typesOf(frames), ['start', 'delta', 'done'])
    assert.equal(at(frames[0]?.data, 'model'), 'gpt-4o-mini')
    assert.equal(saidIn(frames), 'Hello, world!')
  } else {
    const body: unknown = JSON.parse(text)
    assert.deepEqual([at(body, 'content'), at(body, 'model')], ['Hello, world!', 'gpt-4o-mini'])
  }
}

function checkFrame(reply: Response, text: string, fault: FaultCase, ending: Ending): void {
  assert.equal(reply.status, 200)
  const frames = framesOf(text)
  assert.deepEqual(typesOf(frames), ['start', 'delta', 'error'])
  assert.equal(at(frames[0]?.data, 'model'), fault.name)
  const error = frames.at(-1)?.data
  checkErrorBody(error, ending.code)
  assert.equal(at(error, 'details', 'deadline'), ending.deadline)
}

async function checkRefusal(reply: Response, fault: FaultCase, ending: Ending): Promise<void> {
  const body = await expectError(reply, statusOfCode[ending.code], ending.code)
  assert.equal(at(body, 'retryAfter'), fault.retryAfter)
  assert.equal(at(body, 'details', 'deadline'), ending.deadline)
}

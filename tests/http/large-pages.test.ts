import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const mebibyte = 1024 * 1024

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let model: ProviderServer

before(async () => {
  model = stack.use(await startOpenAiServer())
  const one = { api: 'openai-completions', baseUrl: model.url, apiKey: openAiDefaults.apiKey }
  gateway = await useGateway(stack, { config: { models: { default: 'gpt-4o-mini', providers: { one } } } })
})
after(() => stack.disposeAsync())

/** Asks once for each answer, of so many MiB in characters of three bytes. */
async function spoken(conversationId: string, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    model.next({ pieces: ['€'.repeat(Math.floor((size * mebibyte) / 3))] })
    const reply = await gateway.call('POST', '/api/v1/chat', { conversationId, message: 'Long.' })
    assert.equal(reply.status, 200, await reply.text())
  }
}

interface Page {
  readonly bytes: number
  readonly ids: readonly string[]
}

async function pagesOf(conversationId: string): Promise<readonly Page[]> {
  const pages: Page[] = []
  for (let cursor: unknown = null; pages.length === 0 || cursor !== null; ) {
    const from = cursor === null ? '' : `&cursor=${String(cursor)}`
    const reply = await gateway.call('GET', `/api/v1/conversations/${conversationId}?limit=100${from}`)
    const text = await reply.text()
    assert.equal(reply.status, 200, text.slice(0, 200))
    const body: unknown = JSON.parse(text)
    pages.push({
      bytes: Buffer.byteLength(text),
      ids: listAt(body, 'messages').map((message) => textAt(message, 'id')),
    })
    cursor = at(body, 'nextCursor')
    assert.equal(at(body, 'hasMore'), cursor !== null)
    assert.ok(pages.length <= 20, 'the pages come to an end')
  }
  return pages
}

test('a page ends where its messages have 4 MiB of text, and the next one goes on from there', async () => {
  await spoken('long', [1, 1, 1, 1, 1, 1])
  const pages = await pagesOf('long')
  assert.deepEqual(
    pages.map(({ ids }) => ids.length),
    // The fourth long answer would pass the 4 MiB by the short questions before it.
    [7, 5],
  )
  for (const { bytes } of pages) assert.ok(bytes < 4.1 * mebibyte, String(bytes))
  assert.equal(new Set(pages.flatMap(({ ids }) => ids)).size, 12)
})

test('a message that is larger than a page stands on one of its own', async () => {
  await spoken('huge', [5, 0.1])
  assert.deepEqual(
    (await pagesOf('huge')).map(({ ids }) => ids.length),
    [1, 1, 2],
  )
})

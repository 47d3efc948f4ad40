import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const conversations = 45
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    tokens: {
      alice: { scope: ['chat', 'read'] },
      bob: { scope: ['chat', 'read'] },
      pager: { scope: ['chat', 'read'] },
      admin: { scope: ['admin'] },
    },
  })
  for (let i = 0; i < conversations; i++)
    await chat('pager', { conversationId: `page-${i}`, message: `echo ${i}` })
})
after(() => stack.disposeAsync())

async function chat(name: string, fields: Readonly<Record<string, unknown>>): Promise<unknown> {
  const reply = await gateway.call(
    'POST',
    '/api/v1/chat',
    { message: 'echo x', ...fields },
    gateway.secrets[name],
  )
  assert.equal(reply.status, 200)
  return reply.json()
}

function call(name: string, method: string, path: string): Promise<Response> {
  return gateway.call(method, `/api/v1/conversations${path}`, undefined, gateway.secrets[name])
}

async function get(name: string, path: string): Promise<unknown> {
  const reply = await call(name, 'GET', path)
  const body: unknown = await reply.json()
  assert.equal(reply.status, 200, JSON.stringify(body))
  return body
}

function idsIn(page: unknown): readonly unknown[] {
  return listAt(page, 'data').map((row) => at(row, 'id'))
}

/** Returns the point in time at a path. Fails the test where that is not ISO 8601 in UTC. */
function timeAt(row: unknown, name: string): string {
  const time = textAt(row, name)
  assert.equal(new Date(time).toISOString(), time)
  return time
}

/** Follows `nextCursor` to the end and returns every page. */
async function pagesOf(name: string, path: string, limit: number): Promise<readonly unknown[]> {
  const pages: unknown[] = []
  for (let cursor: unknown = null; pages.length === 0 || cursor !== null; ) {
    const page = await get(
      name,
      `${path}?limit=${limit}${cursor === null ? '' : `&cursor=${String(cursor)}`}`,
    )
    pages.push(page)
    cursor = at(page, 'nextCursor')
    assert.equal(at(page, 'hasMore'), cursor !== null)
    assert.ok(pages.length <= 100, 'the pages come to an end')
  }
  return pages
}

test('a list has the form of the contract', async () => {
  const [row] = listAt(await get('pager', '?limit=1'), 'data')
  assert.deepEqual(row, {
    id: 'page-44',
    channel: 'api',
    chatId: 'page-44',
    title: 'echo 44',
    messageCount: 2,
    createdAt: timeAt(row, 'createdAt'),
    updatedAt: timeAt(row, 'updatedAt'),
  })
})

test('a page has 20 rows where no limit is given', async () => {
  const page = await get('pager', '')
  assert.equal(idsIn(page).length, 20)
  assert.deepEqual([at(page, 'hasMore'), typeof at(page, 'nextCursor')], [true, 'string'])
})

test('45 conversations are walked through, newest first, each once, whatever the page', async () => {
  const newestFirst = Array.from({ length: conversations }, (_, i) => `page-${conversations - 1 - i}`)
  for (const limit of [1, 7, 20, 44, 45, 46, 100]) {
    const pages = await pagesOf('pager', '', limit)
    assert.deepEqual(pages.flatMap(idsIn), newestFirst)
    assert.equal(pages.length, Math.ceil(conversations / limit))
  }
})

test('a conversation that is opened while a list is walked through does not shift it', async () => {
  const first = await get('pager', '?limit=10')
  await chat('pager', { conversationId: 'late' })
  const second = await get('pager', `?limit=10&cursor=${textAt(first, 'nextCursor')}`)
  assert.deepEqual(
    idsIn(second),
    Array.from({ length: 10 }, (_, i) => `page-${34 - i}`),
  )
  assert.equal((await call('pager', 'DELETE', '/late')).status, 200)
})

test('the list holds by channel', async () => {
  assert.equal(idsIn(await get('pager', '?channel=api&limit=100')).length, conversations)
  assert.deepEqual(await get('pager', '?channel=telegram'), { data: [], hasMore: false, nextCursor: null })
})

test('messages are walked through, oldest first, each once', async () => {
  for (let i = 0; i < 23; i++) await chat('alice', { conversationId: 'long', message: `echo ${i}` })
  const wanted = Array.from({ length: 23 }, (_, i) => [`echo ${i}`, `${i}`]).flat()
  for (const limit of [1, 20, 45, 46, 100]) {
    const pages = await pagesOf('alice', '/long', limit)
    assert.deepEqual(
      pages.flatMap((page) => listAt(page, 'messages').map((row) => at(row, 'content'))),
      wanted,
    )
  }
  assert.equal(listAt(await get('alice', '/long'), 'messages').length, 20)
  assert.equal(at(await get('alice', '/long'), 'messageCount'), 46)
})

test('a conversation has its messages with status, model and usage', async () => {
  const reply = await chat('alice', { conversationId: 'whole', message: 'echo one two' })
  const found = await get('alice', '/whole')
  const [question, answer] = listAt(found, 'messages')
  assert.match(textAt(question, 'id'), /^msg_/)
  assert.deepEqual(question, {
    id: textAt(question, 'id'),
    createdAt: timeAt(question, 'createdAt'),
    role: 'user',
    content: 'echo one two',
    status: 'complete',
    model: null,
    usage: null,
    finishReason: null,
  })
  assert.ok(timeAt(answer, 'createdAt') >= timeAt(question, 'createdAt'))
  assert.deepEqual(answer, {
    id: textAt(reply, 'id'),
    createdAt: timeAt(answer, 'createdAt'),
    role: 'assistant',
    content: 'one two',
    status: 'complete',
    model: 'demo',
    usage: { inputTokens: 3, outputTokens: 2 },
    finishReason: 'stop',
  })
})

test('a title is made from the first message: one line of at most 80 characters', async () => {
  await chat('alice', { conversationId: 'titled', message: `  echo\n\n  a\ttitle  ` })
  await chat('alice', { conversationId: 'titled', message: 'echo another' })
  assert.equal(at(await get('alice', '/titled'), 'title'), 'echo a title')
  await chat('alice', { conversationId: 'wide', message: `echo ${'🦀'.repeat(200)}` })
  const title = textAt(await get('alice', '/wide'), 'title')
  assert.equal([...title].length, 80)
  assert.match(title, /^echo 🦀+…$/u)
})

test('a new turn raises updatedAt and leaves createdAt', async () => {
  await chat('alice', { conversationId: 'aging' })
  const first = await get('alice', '/aging')
  await chat('alice', { conversationId: 'aging' })
  const second = await get('alice', '/aging')
  assert.equal(at(first, 'createdAt'), at(second, 'createdAt'))
  assert.ok(textAt(first, 'updatedAt') <= textAt(second, 'updatedAt'))
  assert.equal(numberAt(second, 'messageCount'), 4)
})

test('a token sees its own conversations alone: another one is 404, as if it did not exist', async () => {
  await chat('alice', { conversationId: 'private' })
  assert.ok(idsIn(await get('alice', '?limit=100')).includes('private'))
  assert.ok(!idsIn(await get('bob', '?limit=100')).includes('private'))
  for (const method of ['GET', 'DELETE']) {
    const foreign = await expectError(await call('bob', method, '/private'), 404, 'not_found')
    const nowhere = await expectError(await call('bob', method, '/nowhere'), 404, 'not_found')
    assert.equal(textAt(foreign, 'message').replace('private', 'nowhere'), textAt(nowhere, 'message'))
  }
  assert.equal((await call('alice', 'GET', '/private')).status, 200)
})

test('the cursor of one token shows another one nothing', async () => {
  const cursor = textAt(await get('pager', '?limit=1'), 'nextCursor')
  const seen = idsIn(await get('bob', `?limit=100&cursor=${cursor}`))
  assert.ok(!seen.some((id) => String(id).startsWith('page-')))
})

test('the administrator sees and deletes all', async () => {
  await chat('alice', { conversationId: 'seen' })
  await chat('bob', { conversationId: 'seen-too' })
  const all = (await pagesOf('admin', '', 100)).flatMap(idsIn)
  assert.ok(all.includes('seen') && all.includes('seen-too') && all.includes('page-0'))
  assert.deepEqual(await (await call('admin', 'DELETE', '/seen')).json(), { id: 'seen', deleted: true })
  await expectError(await call('alice', 'GET', '/seen'), 404, 'not_found')
})

test('a deleted conversation takes its messages along', async () => {
  await chat('alice', { conversationId: 'again', message: 'echo old' })
  await call('alice', 'DELETE', '/again')
  await chat('alice', { conversationId: 'again', message: 'echo new' })
  const messages = listAt(await get('alice', '/again'), 'messages')
  assert.deepEqual(
    messages.map((row) => at(row, 'content')),
    ['echo new', 'new'],
  )
})

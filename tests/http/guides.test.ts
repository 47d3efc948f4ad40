import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { useGateway } from '../support/use-gateway.ts'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

const files = [docs, join(docs, 'reference')].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => ({ name: file.slice(0, -3), path: join(folder, file) })),
)

test('every guide is a page that needs no token, runs no script and is linked from /docs', async () => {
  const index = await (await fetch(`${gateway.url}/docs`)).text()
  for (const { name } of files) {
    const reply = await fetch(`${gateway.url}/docs/${name}`)
    const text = await reply.text()
    assert.equal(reply.status, 200, name)
    assert.match(reply.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.doesNotMatch(text, /<script/)
    assert.match(text, /<h1 id=/)
    assert.ok(index.includes(`href="/docs/${name}"`), name)
  }
})

test('every link of a page that leads to another page leads to one that there is', async () => {
  const names = new Set(files.map(({ name }) => name))
  for (const { name } of files) {
    const text = await (await fetch(`${gateway.url}/docs/${name}`)).text()
    for (const [, target = ''] of text.matchAll(/href="\/docs\/([\w-]+)/g))
      assert.ok(names.has(target), `${name} -> ${target}`)
  }
})

test('every link in the files leads to a file that there is', () => {
  for (const { path } of files) {
    for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      assert.ok(existsSync(join(path, '..', target)), `${path} -> ${target}`)
    }
  }
})

test('a page that there is not is 404', async () => {
  for (const name of ['nope', '..%2fREADME', '%2e%2e']) {
    assert.equal((await fetch(`${gateway.url}/docs/${name}`)).status, 404)
  }
})

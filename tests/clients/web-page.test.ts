import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let browser: Browser
let html = ''
let site = ''

before(async () => {
  site = await serve()
  gateway = await useGateway(stack, {
    config: { api: { security: { cors: { origins: [site] } } } },
    tokens: { page: { scope: ['chat'] }, admin: { scope: ['admin'] } },
  })
  const guide = await readFile(join(import.meta.dirname, 'web-chat.html'), 'utf8')
  // What a reader of the guide puts in: the gateway's address and a token.
  html = guide
    .replace('http://localhost:18789', gateway.url)
    .replace('oc_tok_a1b2c3d4e5f6g7h8i9j0', gateway.secrets.page ?? '')
  browser = await useBrowser(stack)
})
after(() => stack.disposeAsync())

/** Serves the page from an origin of its own, and returns that. */
async function serve(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(html)
  }).listen(0, '127.0.0.1')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

test("the guide's web page, on another origin, chats in one conversation by button and by Enter", async () => {
  await using page = await browser.newPage()
  await page.goto(site)
  const answers = page.locator('.message.assistant')
  const input = page.locator('#message-input')

  await input.fill('Is anybody there?')
  await page.getByRole('button', { name: 'Send' }).click()
  await answers.nth(0).waitFor()
  assert.match(await answers.nth(0).innerText(), /^You wrote "Is anybody there\?"/)

  await input.fill('echo <b>plain</b> text')
  await input.press('Enter')
  await answers.nth(1).waitFor()
  assert.equal(await answers.nth(1).innerText(), '<b>plain</b> text')

  const rows = listAt(await (await gateway.call('GET', '/api/v1/conversations')).json(), 'data')
  assert.deepEqual(
    rows.map((row) => [at(row, 'title'), at(row, 'messageCount')]),
    [['Is anybody there?', 4]],
  )
  assert.match(textAt(rows, 0, 'id'), /^conv_/)
})

test('the same page on an origin that is not in the config is told an error by its browser, and the model is not asked', async () => {
  const before = listAt(await (await gateway.call('GET', '/api/v1/conversations')).json(), 'data').length
  await using page = await browser.newPage()
  await page.goto(site.replace('127.0.0.1', 'localhost'))
  await page.locator('#message-input').fill('Hello')
  await page.getByRole('button', { name: 'Send' }).click()
  const answer = page.locator('.message.assistant')
  await answer.waitFor()
  assert.match(await answer.innerText(), /^An error occurred/)
  assert.equal(
    listAt(await (await gateway.call('GET', '/api/v1/conversations')).json(), 'data').length,
    before,
  )
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import chromiumPack from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

// The package is made for servers that take pictures of pages: it switches off what this test is about, and closes with its first page.
const unsafe = [
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--single-process',
  '--no-zygote',
]
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
  // The browser unpacks itself into the folder for temporary files.
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-browser-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  process.env.TMPDIR = folder
  const executablePath = await chromiumPack.executablePath()
  const args = chromiumPack.args.filter((arg) => !unsafe.includes(arg))
  browser = await chromium.launch({ executablePath, args })
  stack.defer(() => browser.close())
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

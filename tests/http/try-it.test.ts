import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page, Request } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const hostile = `<img src=/x onerror="document.title='owned'"><script>document.title='owned'</script></pre>`
const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let model: ProviderServer
let browser: Browser
let page: Page
let heard: string[] = []
let asked: Request[] = []

before(async () => {
  model = stack.use(await startOpenAiServer())
  const one = { api: 'openai-completions', baseUrl: model.url, apiKey: openAiDefaults.apiKey }
  gateway = await useGateway(stack, { config: { models: { default: 'gpt-4o-mini', providers: { one } } } })
  browser = await useBrowser(stack)
  page = await browser.newPage()
  page.setDefaultTimeout(20_000)
  page.on('console', (message) => heard.push(message.text()))
  page.on('pageerror', (error) => heard.push(error.message))
  page.on('request', (request) => asked.push(request))
})
after(() => stack.disposeAsync())

async function open(): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${gateway.url}/docs`)
  heard = []
  asked = []
}

/** Opens the form of an operation. */
async function formOf(name: string): Promise<Locator> {
  // What is closed has no role yet.
  const hidden = page.locator(`form[aria-label="Try ${name}"]`)
  await page.locator('details', { has: hidden }).locator('summary').click()
  const form = page.getByRole('form', { name: `Try ${name}`, exact: true })
  await form.waitFor()
  return form
}

async function statusOf(form: Locator, words: RegExp): Promise<string> {
  const status = form.getByRole('status').filter({ hasText: words })
  await status.waitFor()
  return (await status.textContent()) ?? ''
}

function bodyOf(form: Locator): Locator {
  return form.getByRole('region', { name: /^Body of the reply/ })
}

test('a reader calls the API with a token of their own, by keyboard alone', async () => {
  await open()
  await page.getByLabel('Your token').focus()
  await page.keyboard.insertText(gateway.token)
  const summary = page.locator('#postChat').locator('xpath=../details/summary')
  await summary.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.tagName'), 'TEXTAREA')
  const form = page.getByRole('form', { name: 'Try POST /api/v1/chat', exact: true })
  assert.deepEqual(JSON.parse(await form.getByLabel('Body').first().inputValue()), { message: 'Hello' })
  model.next({ pieces: ['Good day.'] })
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.match(await statusOf(form, /\d ms/), /^200 OK, \d+ ms\./)
  const shown = (await bodyOf(form).textContent()) ?? ''
  assert.match(shown, /^\{\n {2}"id": "msg_/, 'it is set out in lines')
  assert.match(shown, /"content": "Good day\."/)
  const headers = await form.getByRole('region', { name: /^Headers/ }).textContent()
  assert.match(headers ?? '', /^content-type: application\/json; charset=utf-8\n(.+\n)*x-request-id: req_/)
  assert.deepEqual(heard, [])
  assert.deepEqual(
    asked.map((request) => [request.method(), request.url()]),
    [['POST', `${gateway.url}/api/v1/chat`]],
  )
})

test('parameters go where they belong, encoded, and an error is shown as the gateway says it', async () => {
  await open()
  const list = await formOf('GET /api/v1/conversations')
  await list.getByRole('button', { name: 'Send' }).click()
  assert.match(await statusOf(list, /\d ms/), /^401 Unauthorized/)
  assert.match((await bodyOf(list).textContent()) ?? '', /Send a token in the header/)
  await page.getByLabel('Your token').fill(gateway.token)
  await list.getByLabel('limit').fill('5')
  await list.getByLabel('limit').press('Enter')
  await statusOf(list, /^200 OK/)
  const one = await formOf('GET /api/v1/conversations/{id}')
  await one.getByLabel('id path').fill('a/b?c#d&e')
  await one.getByRole('button', { name: 'Send' }).click()
  await statusOf(one, /^404 Not Found/)
  assert.match((await bodyOf(one).textContent()) ?? '', /There is no conversation \\"a\/b\?c#d&e\\"/)
  const paths = asked.map((request) => request.url().slice(gateway.url.length))
  assert.deepEqual(paths.slice(1), [
    '/api/v1/conversations?limit=5',
    '/api/v1/conversations/a%2Fb%3Fc%23d%26e',
  ])
})

test('the token stands in the header of the request and nowhere else', async () => {
  await open()
  await page.getByLabel('Your token').fill(gateway.token)
  const form = await formOf('GET /api/v1/models')
  await form.getByRole('button', { name: 'Send' }).click()
  await statusOf(form, /^200 OK/)
  const [request] = asked
  assert.equal(await request?.headerValue('authorization'), `Bearer ${gateway.token}`)
  assert.ok(!asked.some((each) => each.url().includes(gateway.token)))
  const found = await page.evaluate<Record<string, unknown>>(`(async () => ({
    page: document.documentElement.outerHTML,
    places: [location.href, document.cookie, document.title, JSON.stringify(history.state), name],
    stored: [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length],
    field: [document.getElementById('try-token').type, document.getElementById('try-token').autocomplete],
  }))()`)
  assert.ok(!JSON.stringify(found).includes(gateway.token))
  assert.deepEqual(
    [found.stored, found.field],
    [
      [0, 0, 0],
      ['password', 'off'],
    ],
  )
  // What a page hears when it is left, and may be kept in the browser's memory.
  await page.evaluate("dispatchEvent(new Event('pagehide'))")
  assert.equal(await page.getByLabel('Your token').inputValue(), '')
})

test('an answer full of markup is text', async () => {
  await open()
  await page.getByLabel('Your token').fill(gateway.token)
  for (const name of ['POST /api/v1/chat', 'POST /api/v1/chat/stream']) {
    model.next({ pieces: [hostile] })
    const form = await formOf(name)
    await form.getByRole('button', { name: 'Send' }).click()
    await statusOf(form, /^200 OK/)
    assert.ok((await bodyOf(form).textContent())?.includes(JSON.stringify(hostile)))
    assert.equal(await bodyOf(form).locator('*').count(), 0)
  }
  // A script that were let in runs after this, in the order of the page's own work.
  await page.evaluate('new Promise((done) => setTimeout(done))')
  assert.equal(await page.title(), 'OpenClaw Gateway API reference')
  assert.deepEqual(heard, [])
})

test('a stream is shown as it comes, and Stop ends it', async () => {
  await open()
  await page.getByLabel('Your token').fill(gateway.token)
  const before = model.requests.length
  model.next({ fault: 'endless', pieces: ['more '], pauseMs: 20 })
  const form = await formOf('POST /api/v1/chat/stream')
  assert.equal(await form.getByRole('button', { name: 'Stop' }).count(), 0)
  await form.getByRole('button', { name: 'Send' }).click()
  await bodyOf(form)
    .filter({ hasText: /"type":"delta","content":"more "/ })
    .waitFor()
  await form.getByRole('button', { name: 'Stop' }).click()
  assert.match(await statusOf(form, /Stopped/), /^200 OK\. Stopped\.$/)
  assert.equal((await (await model.request(before)).closed).complete, false)
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Send')
})

test('what cannot be sent is said in words', async () => {
  await open()
  await page.getByLabel('Your token').fill('oc_tok_…')
  const form = await formOf('GET /api/v1/models')
  await form.getByRole('button', { name: 'Send' }).click()
  await statusOf(form, /^The request failed: /)
})

test('every operation has a form whose fields and regions have names', async () => {
  await open()
  const counts = await page.evaluate<Record<string, number>>(`({
    operations: document.querySelectorAll('.operation .method').length,
    forms: document.querySelectorAll('.try form[aria-label]').length,
    unnamed: [...document.querySelectorAll('input, textarea')].filter((field) => field.labels.length !== 1).length,
    unnamedRegions: document.querySelectorAll('[role=region]:not([aria-label])').length,
  })`)
  assert.ok((counts.forms ?? 0) >= 15)
  assert.deepEqual([counts.forms, counts.unnamed, counts.unnamedRegions], [counts.operations, 0, 0])
})

test('where no script may run there is no form, and the page is as it was', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const plain = await context.newPage()
  await plain.goto(`${gateway.url}/docs`)
  for (const part of ['.token', '.try']) assert.equal(await plain.locator(part).first().isVisible(), false)
  assert.equal(await plain.getByRole('heading', { name: 'Endpoints' }).isVisible(), true)
  await context.close()
})

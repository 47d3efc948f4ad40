import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { closedPort } from '../support/closed-port.ts'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const folder = join(import.meta.dirname, '..', '..', 'examples', 'web-chat')
const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let model: ProviderServer
let browser: Browser
let site = ''

before(async () => {
  const port = await closedPort()
  site = `http://localhost:${port}`
  model = stack.use(await startOpenAiServer())
  const fake = {
    api: 'openai-completions',
    baseUrl: model.url,
    apiKey: openAiDefaults.apiKey,
    models: [{ id: 'gpt-4o-mini' }],
  }
  gateway = await useGateway(stack, {
    config: { api: { security: { cors: { origins: [site] } } }, models: { providers: { fake } } },
    tokens: { admin: { scope: ['admin'] }, page: { scope: ['chat'] } },
  })
  const server = spawn(process.execPath, [join(folder, 'server.js')], {
    env: {
      PATH: process.env.PATH ?? '',
      PORT: String(port),
      OPENCLAW_URL: gateway.url,
      OPENCLAW_TOKEN: gateway.secrets.page,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stack.defer(() => void server.kill('SIGKILL'))
  await once(server.stdout, 'data')
  browser = await useBrowser(stack)
})
after(() => stack.disposeAsync())

/** Waits until a screen reader is told a text. */
async function spoken(page: Page, text: string): Promise<void> {
  await page.getByRole('status').filter({ hasText: text }).waitFor({ state: 'attached' })
}

test('the page streams answers in one conversation, by Enter and by button, without the real token', async () => {
  await using page = await browser.newPage()
  const seen: string[] = []
  page.on('request', (request) => seen.push(JSON.stringify(request.headers())))
  await page.goto(site)
  const input = page.getByLabel('Message')
  model.next({ pieces: ['Hello ', '<b>you</b>'] })
  await input.fill('First')
  await input.press('Enter')
  await page.locator('.assistant', { hasText: 'Hello <b>you</b>' }).waitFor()
  await spoken(page, 'Assistant: Hello <b>you</b>')
  model.next({ pieces: ['Again'] })
  await input.fill('Second')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.assistant', { hasText: 'Again' }).waitFor()
  const rows = listAt(await (await gateway.call('GET', '/api/v1/conversations')).json(), 'data')
  assert.equal(rows.length, 1)
  assert.equal(textAt(rows, 0, 'title'), 'First')
  assert.ok(seen.some((headers) => headers.includes('oc_ses_')))
  assert.ok(seen.every((headers) => !headers.includes('oc_tok_')))
})

test('Stop ends the answer, keeps what was said, and the model is stopped; the focus is back in the field', async () => {
  await using page = await browser.newPage()
  await page.goto(site)
  const asked = model.requests.length
  model.next({ fault: 'endless', pieces: ['more '], pauseMs: 5 })
  await page.getByLabel('Message').fill('Never end')
  await page.getByLabel('Message').press('Enter')
  await page.locator('.assistant', { hasText: 'more more' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Send' }).waitFor()
  await spoken(page, 'Stopped.')
  assert.equal((await (await model.request(asked)).closed).complete, false)
  assert.equal(await page.evaluate('document.activeElement.id'), 'message')
  assert.match(await page.locator('.assistant').innerText(), /^Assistant:\s+more/)
})

test('an answer that breaks off is shown as an error, and so is a gateway that refuses', async () => {
  await using page = await browser.newPage()
  await page.goto(site)
  model.next({ pieces: ['one ', 'two ', 'three ', 'four '], fault: 'reset-mid-stream' })
  await page.getByLabel('Message').fill('Break')
  await page.getByLabel('Message').press('Enter')
  const shown = page.locator('.error')
  await shown.waitFor()
  assert.match(await shown.innerText(), /fake/)
})

test('a page of another site gets no token from the server', async () => {
  const foreign = await fetch(`${site}/session`, {
    method: 'POST',
    headers: { Origin: 'https://evil.example' },
  })
  assert.equal(foreign.status, 403)
  const own = await fetch(`${site}/session`, { method: 'POST', headers: { Origin: site } })
  const body: unknown = await own.json()
  assert.match(textAt(body, 'token'), /^oc_ses_/)
  await eventually(
    'the minted token in the audit',
    async () => {
      const list: unknown = await (await gateway.call('GET', '/api/v1/audit?limit=100')).json()
      return JSON.stringify(list).includes('/api/v1/tokens/session') || undefined
    },
    10_000,
  )
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import chromiumPack from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { statusOfCode } from '../../src/domain/errors.ts'
import { isObject, type JsonObject } from '../../src/http/docs-page/json.ts'
import { tryScript } from '../../src/http/docs-page/try-script.ts'
import { docsPage } from '../../src/http/docs-page.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { contrasts } from './docs-page/contrasts.ts'
import { asShellReads, curlCommands } from './docs-page/curl-request.ts'

const hostile = `</script><script>document.title='owned'</script>"'><img src=/x onerror=alert(1)>\`$(id)\\`

suite('the API reference page', () => {
  let folder: string
  let gateway: RunningGateway
  let browser: Browser
  let page: Page
  let document: JsonObject
  let docs: { readonly response: Response; readonly html: string }
  let heard: string[] = []
  let asked: string[] = []

  before(async () => {
    gateway = await startGateway({
      config: { api: { security: { cors: { origins: ['https://app.example.com'] } } } },
    })
    const described = await fetch(`${gateway.url}/api/v1/openapi.json`)
    assert.equal(described.status, 200)
    document = asObject(await described.json())
    const response = await fetch(`${gateway.url}/docs`)
    docs = { response, html: await response.text() }
    // The browser unpacks itself into the folder for temporary files, and leaves its profile there where it is killed.
    folder = await mkdtemp(join(tmpdir(), 'openclaw-browser-'))
    process.env.TMPDIR = folder
    const executablePath = await chromiumPack.executablePath()
    browser = await chromium.launch({ executablePath, args: chromiumPack.args })
    page = await browser.newPage()
    page.on('console', (message) => heard.push(message.text()))
    page.on('pageerror', (error) => heard.push(error.message))
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => heard.push('a dialog opened')))
    page.on('request', (request) => asked.push(request.url()))
  })

  after(async () => {
    await browser?.close()
    await gateway?.stop()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  async function open(
    url: string,
    look: { width?: number; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<void> {
    await page.setViewportSize({ width: look.width ?? 1280, height: 800 })
    await page.emulateMedia({ colorScheme: look.colorScheme ?? 'light' })
    // Away first: the next address may differ from this one in its fragment alone.
    await page.goto('about:blank')
    heard = []
    asked = []
    await page.goto(url)
  }

  test('it is HTML under a policy that lets nothing in but its own style and script, and asks nobody else', () => {
    assert.equal(docs.response.status, 200)
    assert.equal(docs.response.headers.get('content-type'), 'text/html; charset=utf-8')
    const policy = docs.response.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; /)
    assert.match(policy, /; script-src 'sha256-[\w+/]{43}='; connect-src 'self'$/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  })

  test('a browser shows it without a complaint and without asking for anything else', async () => {
    await open(`${gateway.url}/docs`)
    assert.deepEqual(heard, [])
    assert.deepEqual(asked, [`${gateway.url}/docs`])
    assert.equal(await page.title(), 'OpenClaw Gateway API reference')
    const face = await page.evaluate<string>('getComputedStyle(document.body).fontFamily')
    assert.match(face, /system-ui/, 'its style is in force')
  })

  test('it is well-formed: every element is closed and nested as it was written', async () => {
    const text = docs.html.replace('<!doctype', '<!DOCTYPE').replace(/<(meta|link|wbr)\b([^>]*)>/g, '<$1$2/>')
    const parse = (source: string): Promise<string> =>
      page.evaluate<string>(
        `new DOMParser().parseFromString(${JSON.stringify(source)}, 'application/xhtml+xml').querySelector('parsererror')?.textContent ?? ''`,
      )
    assert.equal(await parse(text), '')
    assert.notEqual(await parse(text.replace('</main>', '')), '')
  })

  test('every operation of the document has a section and a link to it', async () => {
    await open(`${gateway.url}/docs`)
    const expected = [...operationNames(document), ...Object.keys(asObject(document.webhooks))]
    assert.ok(expected.length >= 11)
    const normal = (text: string): string => text.trim().replace(/\s+/g, ' ')
    const titles = (await page.locator('section > h3 > a').allTextContents()).map(normal)
    assert.deepEqual(titles.toSorted(), expected.toSorted())
    const links = (await page.locator('nav li li a').allTextContents()).map(normal)
    assert.deepEqual(links, titles)
    const dead = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll('a[href^="#"]')].map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id))`,
    )
    assert.deepEqual(dead, [])
    const ids = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll('[id]')].map((e) => e.id)`,
    )
    assert.equal(new Set(ids).size, ids.length, 'no id stands twice')
  })

  test('every field of every body, query and reply has a row', async () => {
    await open(`${gateway.url}/docs`)
    const rows = new Set(await page.locator('tbody th').allTextContents())
    const missing = [...fieldNames(asObject(document.paths))].filter(
      (name) => ![...rows].some((row) => row === name || row.endsWith(`.${name}`)),
    )
    assert.deepEqual(missing, [])
    for (const row of ['usage.inputTokens', 'messages[].usage.outputTokens', 'metadata.<key>'])
      assert.ok(rows.has(row), row)
  })

  test('every error code stands with its status', async () => {
    await open(`${gateway.url}/docs`)
    const rows = await page.getByRole('table', { name: 'Error codes' }).getByRole('row').allInnerTexts()
    const told = rows.slice(1).map((row) => row.split('\t').slice(0, 2).join(' '))
    assert.deepEqual(
      told,
      Object.entries(statusOfCode).map(([code, status]) => `${code} ${status}`),
    )
  })

  test('every frame of the stream stands with an example that is one line of JSON', async () => {
    await open(`${gateway.url}/docs`)
    const samples = (await page.locator('h5 + pre').allTextContents()).map((text) => {
      assert.ok(text.startsWith('data: {'))
      return asObject(JSON.parse(text.slice('data: '.length))).type
    })
    assert.deepEqual(samples, ['start', 'delta', 'done', 'error'])
  })

  test('every curl example is a request that the gateway understands', async () => {
    const commands = curlCommands(docs.html)
    assert.equal(commands.length, operationNames(document).length)
    for (const command of commands) {
      const { method, url, headers, body } = asShellReads(command, {
        OPENCLAW_TOKEN: gateway.token,
        ID: 'conv_123',
      })
      if (body !== undefined) assert.doesNotThrow(() => JSON.parse(body), command)
      const address = url.replace('http://localhost:18789', gateway.url)
      const response = await fetch(address, { method, headers, ...(body === undefined ? {} : { body }) })
      await response.text()
      // No channel and no webhook is configured and there is no conversation yet: those are not there, everything else is.
      const isAbsent =
        /\/send$|\/conversations\/conv_123$|\/webhooks\/.*conv_123/.test(address) && response.status === 404
      assert.ok(response.status === 200 || isAbsent, `${response.status} for ${command}`)
    }
    assert.match(docs.html, /-d &#39;\{&quot;message&quot;:&quot;Hello&quot;\}&#39;/)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`all text keeps a contrast of 4.5 to 1 in ${colorScheme}`, async () => {
      await open(`${gateway.url}/docs`, { colorScheme })
      const { faint, background } = await page.evaluate<{ faint: readonly string[]; background: string }>(
        contrasts,
      )
      assert.deepEqual(faint, [])
      assert.equal(background === 'rgb(255, 255, 255)', colorScheme === 'light')
    })
  }

  test('nothing is wider than the screen of a phone, a tablet or a desktop', async () => {
    for (const width of [320, 390, 700, 800, 961, 1280]) {
      await open(`${gateway.url}/docs`, { width })
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(wide <= width, `${wide} at ${width}`)
    }
  })

  test('it can be walked by headings, landmarks, tables and keys', async () => {
    await open(`${gateway.url}/docs`, { width: 390 })
    const levels = await page.evaluate<readonly number[]>(
      `[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) => Number(h.tagName[1]))`,
    )
    assert.equal(levels.filter((level) => level === 1).length, 1)
    levels.forEach((level, i) => {
      assert.ok(level <= (levels[i - 1] ?? 0) + 1, `heading ${i}`)
    })
    for (const landmark of ['banner', 'navigation', 'main'] as const)
      assert.equal(await page.getByRole(landmark).count(), 1, landmark)
    assert.equal(await page.locator('th:not([scope])').count(), 0)
    // A layout of blocks takes the roles of a table away where they are not said.
    assert.equal(await page.locator(':is(table, thead, tbody, tr, th, td):not([role])').count(), 0)
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to the content' })
    await skip.and(page.locator(':focus-visible')).waitFor({ timeout: 2_000 })
    assert.ok(((await skip.boundingBox())?.x ?? -1) >= 0, 'the skip link is on the screen')
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
    assert.equal(outline, 'solid')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate<string>('document.activeElement.id'), 'content')
  })

  suite('of a document full of hostile words', () => {
    let server: Server
    let url: string
    let html: string

    before(async () => {
      const { html: text, contentSecurityPolicy } = docsPage(
        asObject(poisoned(withWebhook(document))),
        hostile,
      )
      html = text
      server = createServer((_request, response) => {
        response.writeHead(200, {
          'Content-Type': 'text/html',
          'Content-Security-Policy': contentSecurityPolicy,
        })
        response.end(text)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      url = `http://127.0.0.1:${isObject(address) ? address.port : ''}/docs`
    })
    after(() => {
      server.closeAllConnections()
      server.close()
    })

    test('all of them stay text', async () => {
      await open(url)
      assert.deepEqual(heard, [])
      assert.deepEqual(asked, [url])
      assert.match(await page.title(), /^OpenClaw Gateway<\/script><script>/)
      assert.equal(await page.locator('img, [onerror], [style]').count(), 0)
      assert.equal(await page.locator('script').textContent(), tryScript)
      assert.ok((await page.getByText('onerror=alert(1)').count()) > 100)
    })

    test('a shell reads its examples as one command with JSON for a body', () => {
      const commands = curlCommands(html)
      assert.equal(commands.length, operationNames(document).length)
      const bodies = commands.flatMap((command) => asShellReads(command, { OPENCLAW_TOKEN: 'x' }).body ?? [])
      assert.equal(bodies.length, 5)
      for (const body of bodies) assert.ok(JSON.stringify(JSON.parse(body)).includes('onerror'))
    })

    test('its webhooks have sections of their own, without a command', async () => {
      await open(url)
      const section = page
        .locator('section', { has: page.locator('> h3', { hasText: 'message.received' }) })
        .last()
      assert.equal(await section.getByRole('rowheader').count(), 3)
      assert.equal(await section.getByText('curl').count(), 0)
      assert.equal(await page.getByRole('navigation').getByText('message.received').count(), 1)
    })
  })
})

function asObject(value: unknown): Record<string, unknown> {
  assert.ok(isObject(value))
  return value
}

function operationNames(document: JsonObject): readonly string[] {
  return Object.entries(asObject(document.paths)).flatMap(([path, item]) =>
    Object.keys(asObject(item)).map((method) => `${method.toUpperCase()} ${path}`),
  )
}

function fieldNames(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const item of value) fieldNames(item, found)
  if (!isObject(value)) return found
  if (isObject(value.properties)) for (const name of Object.keys(value.properties)) found.add(name)
  if (typeof value.in === 'string') found.add(String(value.name))
  // What an example holds is no field of ours.
  for (const [name, inner] of Object.entries(value)) if (name !== 'examples') fieldNames(inner, found)
  return found
}

function withWebhook(document: JsonObject): JsonObject {
  const from = { type: 'object', properties: { id: { type: 'string' } } }
  const data = { type: 'object', required: ['from'], properties: { from } }
  const schema = { type: 'object', required: ['data'], properties: { data } }
  const post = { summary: 'A message came in.', requestBody: { content: { 'application/json': { schema } } } }
  return { ...document, webhooks: { 'message.received': { post } } }
}

// Puts hostile words behind everything that is prose, a value or a name; what gives the document its form stays.
function poisoned(value: unknown, key = ''): unknown {
  if (typeof value === 'string')
    return ['$ref', 'type', 'in', 'format'].includes(key) ? value : value + hostile
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key))
  if (!isObject(value)) return value
  const isNamed = ['properties', 'paths'].includes(key)
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [isNamed ? name + hostile : name, poisoned(inner, name)]),
  )
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, describe, it } from 'node:test'
import { GatewayError } from '../../src/domain/errors.ts'
import { loadImages } from '../../src/domain/images/load-images.ts'
import { createImageFetcher, type ImageOptions } from '../../src/outgoing/images.ts'
import { pixels } from './support.ts'

const stack = new AsyncDisposableStack()
after(() => stack.disposeAsync())
const never = new AbortController().signal
const png = Buffer.from(pixels['image/png'], 'base64')

async function serving(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/a.png`
}

/** A fetcher that may call this machine, unless told otherwise. */
function fetcherOf(options: ImageOptions = {}) {
  const fetcher = createImageFetcher('openclaw-gateway/test', { allowPrivateNetwork: true, ...options })
  stack.defer(() => fetcher.close())
  return fetcher
}

function refused(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, 'invalid_request')
    assert.match(error.message, words)
    return true
  }
}

describe('fetching an image', () => {
  it('gives its bytes, and says what wants them', async () => {
    let headers: IncomingMessage['headers'] = {}
    const url = await serving((request, response) => {
      headers = request.headers
      response.writeHead(200, { 'content-type': 'image/png' }).end(png)
    })
    assert.deepEqual(Buffer.from(await fetcherOf().fetch(url, never)), png)
    assert.equal(headers['user-agent'], 'openclaw-gateway/test')
    assert.match(String(headers.accept), /^image\/png/)
    assert.equal(headers.authorization, undefined)
    const [image] = await loadImages([{ type: 'image', url }], fetcherOf(), never)
    assert.deepEqual(image, { type: 'image', mimeType: 'image/png', data: pixels['image/png'] })
  })

  it('a redirect is not followed', async () => {
    let asked = 0
    const url = await serving((_request, response) => {
      asked++
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    })
    await assert.rejects(fetcherOf().fetch(url, never), refused(/redirect \(302\), which is not followed/))
    assert.equal(asked, 1)
  })

  it('another status, another type and a page that says it is an image are refused', async () => {
    const missing = await serving((_request, response) => response.writeHead(404).end())
    await assert.rejects(fetcherOf().fetch(missing, never), refused(/answered 404/))
    const page = await serving((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    )
    await assert.rejects(fetcherOf().fetch(page, never), refused(/no image/))
    const liar = await serving((_request, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end('<p>'),
    )
    await assert.rejects(
      loadImages([{ type: 'image', url: liar }], fetcherOf(), never),
      refused(/^attachments\.0\.url is no image/),
    )
    const gif = await serving((_request, response) =>
      response.writeHead(200, { 'content-type': 'image/gif' }).end(png),
    )
    await assert.rejects(
      loadImages([{ type: 'image', url: gif, mimeType: 'image/gif' }], fetcherOf(), never),
      refused(/is image\/png, but mimeType says image\/gif/),
    )
  })

  it('more than 5 MiB is cut off, whether it is announced or not', async () => {
    const announced = await serving((_request, response) =>
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': 6_000_000 }).write(png),
    )
    await assert.rejects(fetcherOf().fetch(announced, never), refused(/more than 5242880 bytes/))
    const endless = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', pour)
      pour()
    })
    await assert.rejects(fetcherOf().fetch(endless, never), refused(/more than 5242880 bytes/))
  })

  it('one that does not come in time is given up, and so is one that nobody waits for', async () => {
    const url = await serving(() => undefined)
    await assert.rejects(fetcherOf({ timeoutMs: 50 }).fetch(url, never), refused(/within 0\.05 seconds/))
    const controller = new AbortController()
    const left = fetcherOf().fetch(url, controller.signal)
    controller.abort(new Error('gone'))
    await assert.rejects(left, /gone/)
  })

  it('a name that resolves to a private address is refused, without a hint at any setting', async () => {
    const fetcher = fetcherOf({
      allowPrivateNetwork: false,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    await assert.rejects(
      fetcher.fetch('http://images.example/a.png', never),
      refused(/^The URL leads to an address that is not public, and is not called\.$/),
    )
  })

  it('a server that is not there is said to be so, without its address', async () => {
    await assert.rejects(
      fetcherOf().fetch('http://127.0.0.1:1/secret', never),
      refused(/^The URL could not be fetched\.$/),
    )
  })
})

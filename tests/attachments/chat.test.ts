import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { answering, questionsTo } from '../structured/support.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { pixels } from './support.ts'

const png = { type: 'image', mimeType: 'image/png', data: pixels['image/png'] }

for (const dialect of ['openai', 'anthropic'] as const) {
  describe(`images with a message, ${dialect}`, async () => {
    const stack = new AsyncDisposableStack()
    after(() => stack.disposeAsync())
    const { chat, provider, gateway } = await answering(stack, dialect)
    const shown = (): unknown => at(listAt(questionsTo(provider).at(-1), 'messages').at(-1), 'content')

    it('each format reaches the model before the text', async () => {
      for (const [mimeType, data] of Object.entries(pixels)) {
        const { status, body } = await chat({
          message: 'What is it?',
          attachments: [{ type: 'image', mimeType, data }],
        })
        assert.equal(status, 200, JSON.stringify(body))
        const image =
          dialect === 'openai'
            ? { type: 'image_url', image_url: { url: `data:${mimeType};base64,${data}` } }
            : { type: 'image', source: { type: 'base64', media_type: mimeType, data } }
        assert.deepEqual(shown(), [image, { type: 'text', text: 'What is it?' }])
      }
    })

    it('later turns, and the conversation itself, hold [image] in its place', async () => {
      const { body } = await chat({ message: 'What is it?', attachments: [png, png] })
      const conversationId = textAt(body, 'conversationId')
      await chat({ message: 'And now?', conversationId })
      const messages = listAt(questionsTo(provider).at(-1), 'messages')
      assert.equal(at(messages[0], 'content'), 'What is it?\n\n[image] [image]')
      const kept: unknown = await (
        await gateway.call('GET', `/api/v1/conversations/${conversationId}`)
      ).json()
      assert.equal(at(kept, 'messages', 0, 'content'), 'What is it?\n\n[image] [image]')
      assert.equal(at(kept, 'title'), 'What is it?')
    })

    it('what is no image, or not the one that it says, is 400 and names the attachment', async () => {
      const before = questionsTo(provider).length
      const cases = [
        [{ ...png, data: 'not base64!' }, 'attachments.0.data', /is no base64/],
        [{ ...png, data: 'AAA' }, 'attachments.0.data', /is no base64/],
        [{ ...png, data: Buffer.from('<svg/>').toString('base64') }, 'attachments.0.data', /is no image/],
        [
          { ...png, mimeType: 'image/gif' },
          'attachments.0.data',
          /is image\/png, but mimeType says image\/gif/,
        ],
        [{ ...png, data: `data:image/png;base64,${png.data}` }, 'attachments.0.data', /base64 alone/],
        [
          { ...png, mimeType: 'image/bmp' },
          'attachments.0.mimeType',
          /must be "image\/png", .* or "image\/webp"/,
        ],
        [{ type: 'image', data: png.data }, 'attachments.0', /must have a mimeType/],
        [{ type: 'image' }, 'attachments.0', /either data or url/],
        [{ ...png, url: 'https://example.com/a.png' }, 'attachments.0', /either data or url/],
        [{ ...png, type: 'audio' }, 'attachments.0.type', /must be "image"/],
        [{ ...png, detail: 'low' }, 'attachments.0.detail', /no field/],
      ] as const
      for (const [attachment, field, words] of cases) {
        const { status, body } = await chat({ attachments: [attachment] })
        assert.equal(status, 400, JSON.stringify(body))
        assert.equal(at(body, 'error'), 'invalid_request')
        assert.equal(at(body, 'details', 'field'), field)
        assert.match(textAt(body, 'message'), words)
      }
      const many = await chat({ attachments: Array(9).fill(png) })
      assert.equal(many.status, 400)
      assert.match(textAt(many.body, 'message'), /at most 8 entries/)
      assert.equal(questionsTo(provider).length, before, 'nobody was asked')
    })

    it('an image behind a private address is never fetched', async () => {
      for (const url of [
        'http://127.0.0.1:1/a.png',
        'http://2130706433/a.png',
        'http://[::ffff:127.0.0.1]/a.png',
        'http://169.254.169.254/latest/meta-data',
        'http://10.0.0.1/a.png',
        'http://localhost:1/a.png',
        `${provider.url}/a.png`,
      ]) {
        const { status, body } = await chat({ attachments: [{ type: 'image', url }] })
        assert.equal(status, 400)
        assert.equal(at(body, 'details', 'field'), 'attachments.0.url')
        assert.match(textAt(body, 'message'), /address that is not public/, url)
      }
      for (const url of [
        'file:///etc/passwd',
        'ftp://example.com/a.png',
        'https://me:pw@example.com/a.png',
        'a.png',
      ]) {
        const { status, body } = await chat({ attachments: [{ type: 'image', url }] })
        assert.equal(status, 400)
        assert.doesNotMatch(textAt(body, 'message'), /pw@/)
      }
      assert.ok(!provider.requests.some(({ path }) => path.endsWith('a.png')))
    })
  })
}

describe('models that take no images', async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const { chat, provider } = await answering(stack, 'openai')

  it('one that is known to take none is 400 before it is asked', async () => {
    const before = questionsTo(provider).length
    const { status, body } = await chat({ model: 'gpt-3.5-turbo', attachments: [png] })
    assert.equal(status, 400)
    assert.match(textAt(body, 'message'), /gpt-3\.5-turbo takes no images/)
    assert.equal(at(body, 'details', 'field'), 'attachments')
    assert.equal(questionsTo(provider).length, before)
  })

  it('one that is not known is tried, and its refusal is the caller’s 400', async () => {
    const { status, body } = await chat({ model: 'blind', attachments: [png] })
    assert.equal(status, 400)
    assert.equal(at(body, 'error'), 'invalid_request')
    assert.match(textAt(body, 'message'), /image_url is only supported by certain models/)
  })

  it('what the config says of a model counts', async () => {
    await using own = new AsyncDisposableStack()
    const other = await answering(own, 'openai', {}, [{ id: 'gpt-4o-mini', input: ['text'] }])
    const { status } = await other.chat({ attachments: [png] })
    assert.equal(status, 400)
  })
})

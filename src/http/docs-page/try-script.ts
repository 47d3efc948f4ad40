/**
 * The page's only script, also what its Content-Security-Policy holds the hash of: it sends the forms and shows the replies as text. The
 * token is read from its field when it is sent, and stands nowhere else: in no attribute, no storage and no address.
 */
export const tryScript = `
'use strict'
{
  const token = document.getElementById('try-token')
  const headersShown = ['content-type', 'content-length', 'x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy',
    'x-openclaw-attempts', 'x-openclaw-model-alias', 'idempotent-replayed', 'allow', 'www-authenticate', 'link']
  const charactersMax = 500000

  // A page that is shown again from the browser's memory has forgotten the token.
  addEventListener('pagehide', () => { token.value = '' })
  for (const part of document.querySelectorAll('.token, .try')) part.hidden = false
  for (const form of document.querySelectorAll('.try form')) prepare(form)

  function prepare(form) {
    const [send, stop] = form.querySelectorAll('button')
    let running
    stop.addEventListener('click', () => {
      running.abort()
      send.focus()
    })
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      if (running) return
      running = new AbortController()
      stop.hidden = false
      const view = viewOf(form)
      view.clear()
      try {
        await show(view, await fetch(...requestOf(form, running.signal)))
      } catch (error) {
        view.failed(error)
      }
      running = undefined
      stop.hidden = true
    })
  }

  function requestOf(form, signal) {
    const headers = new Headers()
    const query = new URLSearchParams()
    let path = form.dataset.path
    for (const { dataset, value } of form.querySelectorAll('input')) {
      if (value === '') continue
      if (dataset.place === 'path') path = path.replace('{' + dataset.name + '}', () => encodeURIComponent(value))
      else if (dataset.place === 'query') query.append(dataset.name, value)
      else headers.set(dataset.name, value)
    }
    const body = form.querySelector('textarea')
    if (body) headers.set('Content-Type', body.dataset.type)
    if (token.value.trim() !== '') headers.set('Authorization', 'Bearer ' + token.value.trim())
    const address = String(query) === '' ? path : path + '?' + query
    return [address, {
      method: form.dataset.method, headers, signal, body: body ? body.value : undefined,
      mode: 'same-origin', credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
    }]
  }

  async function show(view, reply) {
    view.began(reply)
    const reader = reply.body ? reply.body.pipeThrough(new TextDecoderStream()).getReader() : undefined
    let text = ''
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader.read()) {
      text += piece.value
      if (text.length > charactersMax) {
        await reader.cancel()
        view.ended(text.slice(0, charactersMax), 'Only its beginning is shown.')
        return
      }
      view.more(text)
    }
    view.ended(text, '')
  }

  function viewOf(form) {
    const [headers, body] = form.querySelectorAll('pre')
    const status = form.querySelector('[role=status]')
    const beganAt = performance.now()
    const write = (pre, text) => {
      pre.textContent = text
      pre.hidden = text === ''
    }
    let line = ''
    let isJson = false
    return {
      clear() {
        status.textContent = 'Sending …'
        for (const pre of [headers, body]) write(pre, '')
      },
      began(reply) {
        line = reply.status + ' ' + reply.statusText
        isJson = /^application\\/json/.test(reply.headers.get('content-type') ?? '')
        const shown = headersShown.filter((name) => reply.headers.has(name))
        write(headers, shown.map((name) => name + ': ' + reply.headers.get(name)).join('\\n'))
      },
      more: (text) => write(body, text),
      ended(text, note) {
        write(body, isJson ? pretty(text) : text)
        status.textContent = line + ', ' + Math.round(performance.now() - beganAt) + ' ms. ' + note
      },
      failed(error) {
        const isOurs = error.name === 'AbortError'
        status.textContent = (line === '' ? '' : line + '. ') + (isOurs ? 'Stopped.' : 'The request failed: ' + error.message)
      },
    }
  }

  function pretty(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2)
    } catch {
      return text
    }
  }
}
`

import type { ServerResponse } from 'node:http'
import type { Behaviour, RecordedRequest, ServerDialect, ServerEvent } from './provider-server.ts'

const hugeLineBytes = 100 * 1024 * 1024

/** One answer that is being given. */
export interface Answering {
  readonly dialect: ServerDialect
  readonly request: RecordedRequest
  readonly response: ServerResponse
  readonly behaviour: Behaviour
  readonly stall: () => void
  readonly hold: () => void
}

/** Answers one request as its behaviour says. Resolves when nothing more will be written. */
export async function giveAnswer(answering: Answering): Promise<void> {
  const { dialect, request, response, behaviour, stall } = answering
  const { fault, reply } = behaviour
  if (fault === 'reset-before-headers') return void response.socket?.resetAndDestroy()
  if (fault === 'stall-before-headers') return stall()
  if (reply !== undefined) {
    const isText = typeof reply.body === 'string'
    response.writeHead(reply.status, {
      ...(isText ? {} : { 'content-type': 'application/json' }),
      ...reply.headers,
    })
    return void response.end(isText ? reply.body : JSON.stringify(reply.body ?? {}))
  }
  const kind = behaviour.as ?? (dialect.wantsStream(request) ? 'events' : 'json')
  const contentType = kind === 'json' ? 'application/json' : 'text/event-stream; charset=utf-8'
  response.writeHead(200, { 'content-type': behaviour.contentType ?? contentType, ...behaviour.headers })
  if (kind === 'events') return stream(answering)

  const whole = JSON.stringify(dialect.plain(request, behaviour))
  const half = Math.floor(whole.length / 2)
  if (fault === 'stall-mid-stream') {
    await write(answering, whole.slice(0, half))
    return stall()
  }
  if (fault === 'reset-mid-stream') {
    await write(answering, whole.slice(0, half))
    return void response.socket?.destroySoon()
  }
  await write(answering, fault === 'truncate' ? whole.slice(0, half) : whole)
  response.end()
}

async function stream(answering: Answering): Promise<void> {
  const { dialect, request, response, behaviour, stall } = answering
  const { fault } = behaviour
  const events = behaviour.events?.map(eventOf) ?? dialect.events(request, behaviour)
  const texts = events.filter((event) => event.isText).length
  let said = 0
  for (const event of events) {
    await paused(behaviour)
    if (event.isText && said === 0 && fault === 'stall-before-first-token') {
      response.flushHeaders()
      return stall()
    }
    await write(answering, frameOf(event, behaviour))
    if (!event.isText || ++said !== Math.ceil(texts / 2)) continue
    switch (fault) {
      case 'stall-mid-stream':
        return stall()
      case 'reset-mid-stream':
        // Not a reset in the sense of TCP: that would also take back what the client has not read yet.
        return void response.socket?.destroySoon()
      case 'truncate':
        return void response.end()
      case 'invalid-json':
        await write(answering, 'data: {"type": oh no\n\n')
        break
      case 'huge-line':
        await write(answering, 'data: ')
        for (let sent = 0; sent < hugeLineBytes && !response.destroyed; sent += 65_536)
          await write(answering, 'x'.repeat(65_536))
        break
      case 'endless':
        while (!response.destroyed) {
          await paused(behaviour)
          await write(answering, frameOf(event, behaviour))
        }
    }
  }
  await paused(behaviour)
  response.end()
}

function eventOf(event: unknown): ServerEvent {
  return { data: typeof event === 'string' ? event : JSON.stringify(event), isText: true }
}

function frameOf(event: ServerEvent, behaviour: Behaviour): string {
  const lines = [
    ...(behaviour.comments ? [': a comment', ''] : []),
    ...(event.event ? [`event: ${event.event}`] : []),
  ]
  return [...lines, `data: ${event.data}`, '', ''].join(behaviour.lineEnd ?? '\n')
}

async function write({ response, behaviour, hold }: Answering, text: string): Promise<void> {
  if (response.destroyed) return
  const bytes = Buffer.from(text)
  const step = behaviour.bytesPerWrite ?? bytes.length
  for (let start = 0; start < bytes.length; start += step) {
    const isTaken = response.write(bytes.subarray(start, start + step))
    if (step < bytes.length) await new Promise((resolve) => setImmediate(resolve))
    if (isTaken || response.destroyed) continue
    hold()
    await drained(response)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

async function paused({ pauseMs }: Behaviour): Promise<void> {
  if (pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, pauseMs))
}

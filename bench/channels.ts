import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { startGateway } from '../tests/support/gateway.ts'
import { messageOf } from '../tests/support/joint-platforms.ts'
import { textAt } from '../tests/support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../tests/support/openai-server.ts'
import { startTelegramServer } from '../tests/support/telegram-server.ts'

// Chats that write at once, on a Telegram of their own and with a model of 20 ms a chunk; beside them one program asks over the API.
const { values } = parseArgs({
  options: { chats: { type: 'string', default: '1000' }, messages: { type: 'string', default: '3' } },
})
const [chats, messages] = [Number(values.chats), Number(values.messages)]

if (isMainThread) await main()
else await ask()

async function main(): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const telegram = stack.use(await startTelegramServer())
  const provider = stack.use(await startOpenAiServer())
  provider.behave = (request) => ({
    pieces: ['re ', messageOf(request)],
    pauseMs: messageOf(request) === 'idle' ? 0 : 20,
  })
  const fake = { api: 'openai-completions', baseUrl: provider.url, apiKey: openAiDefaults.apiKey }
  const gateway = await startGateway({
    // As `npm start`, the unit and the container file start it.
    env: { NODE_OPTIONS: '--max-semi-space-size=4' },
    config: {
      models: { default: 'gpt-4o-mini', providers: { fake } },
      channels: {
        telegram: { botToken: telegram.token, apiRoot: telegram.url, dmPolicy: 'open', allowFrom: ['*'] },
      },
    },
  })
  stack.defer(() => gateway.stop())
  const { url, token, pid } = gateway
  const asking = new Worker(new URL(import.meta.url), {
    workerData: { url, token },
    argv: process.argv.slice(2),
  })
  stack.defer(async () => void (await asking.terminate()))
  const askedFor = async (until: Promise<unknown>): Promise<readonly number[]> => {
    asking.postMessage('begin')
    await until
    asking.postMessage('end')
    const [times] = await once(asking, 'message')
    return times
  }

  await askedFor(pause(2_000))
  const idle = await askedFor(pause(6_000))
  const rssBefore = memoryMb(pid, 'VmRSS')
  const startedAt = performance.now()
  for (let n = 0; n < messages; n++) {
    for (let chat = 0; chat < chats; chat++) {
      telegram.say(`m${n}`, { from: { id: 10_000 + chat, first_name: `Person ${chat}`, is_bot: false } })
    }
  }
  const during = await askedFor(
    (async () => {
      while (telegram.taken.length < chats * messages) await pause(50)
    })(),
  )
  const seconds = (performance.now() - startedAt) / 1000
  const rssPeak = memoryMb(pid, 'VmHWM')
  await pause(5_000)

  const order = telegram.taken.map(({ chatId, text }) => ({ chatId, text }))
  const lastFirst = order.findLastIndex(({ text }) => text === 're m0')
  const early = order.slice(0, lastFirst).filter(({ text }) => text !== 're m0').length
  print(
    'answers',
    `${order.length}, of them twice ${order.length - new Set(order.map((one) => textOf(one))).size}`,
  )
  print('answers per second', Math.round(order.length / seconds))
  print('all answered after, s', seconds.toFixed(1))
  print('later answers before the last chat’s first one', `${early} of ${chats * (messages - 1)}`)
  print('RSS before, peak, 5 s after, MB', `${rssBefore}, ${rssPeak}, ${memoryMb(pid, 'VmRSS')}`)
  print(`API p50, p99 idle (${idle.length}), ms`, `${quantile(idle, 0.5)}, ${quantile(idle, 0.99)}`)
  print(
    `API p50, p99 during it (${during.length}), ms`,
    `${quantile(during, 0.5)}, ${quantile(during, 0.99)}`,
  )
}

// In a thread of its own, so that what the fakes do is not measured.
async function ask(): Promise<void> {
  const url = textAt(workerData, 'url')
  const token = textAt(workerData, 'token')
  let times: number[] = []
  let isAsking = false
  const loop = async (): Promise<void> => {
    while (isAsking) {
      const startedAt = performance.now()
      const answer = await fetch(`${url}/api/v1/chat`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ message: 'idle' }),
      })
      await answer.text()
      if (answer.status !== 200) throw new Error(`the gateway answered ${answer.status}`)
      times.push(performance.now() - startedAt)
    }
    parentPort?.postMessage(times)
  }
  parentPort?.on('message', (what) => {
    isAsking = what === 'begin'
    if (!isAsking) return
    times = []
    void loop()
  })
}

function textOf({ chatId, text }: { readonly chatId: number; readonly text: string }): string {
  return `${chatId} ${text}`
}

function memoryMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1]) / 1024)
}

function quantile(times: readonly number[], share: number): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function print(what: string, value: string | number): void {
  process.stdout.write(`${what}: ${value}\n`)
}

import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { isMainThread } from 'node:worker_threads'

// Loaded before each test file (`--import`), so that a file that never ends fails by itself and takes its programs with it.
const fileMs = 10 * 60_000
const children = new Set<ChildProcess>()

subscribe('child_process', (message) => {
  const { process: child } = startedBy(message)
  children.add(child)
  child.once('exit', () => children.delete(child))
})

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

// Of a file alone: what runs the files has no bound, and a thread ends with its file.
if (process.env.NODE_TEST_CONTEXT !== undefined && isMainThread) {
  setTimeout(() => {
    const programs = [...children].map(({ spawnargs }) => spawnargs.join(' '))
    const held = process.getActiveResourcesInfo().filter((each) => each !== 'Timeout')
    process.stderr.write(
      `This file did not end within ${fileMs / 60_000} minutes. It holds: ${[...held, ...programs].join(', ')}\n`,
    )
    process.exit(1)
  }, fileMs).unref()
}

// What Node publishes on this channel: https://nodejs.org/api/diagnostics_channel.html#event-child_process
function startedBy(message: unknown): { readonly process: ChildProcess } {
  return message as { readonly process: ChildProcess }
}

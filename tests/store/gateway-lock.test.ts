import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { GatewayError } from '../../src/domain/errors.ts'
import { acquireGatewayLock } from '../../src/store/gateway-lock.ts'
import { startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

describe('the gateway lock', () => {
  it('is refused as a conflict while another process holds it, naming that process and the file', async (t) => {
    const file = join(temporaryFolder(t), 'data', 'gateway.lock')
    const holder = startProgram(t, 'hold-gateway-lock.ts', [file])
    assert.equal(await holder.next(), 'held')
    assert.throws(() => acquireGatewayLock(file), conflict(file, `process ${holder.process.pid}`))
  })

  it('is free again after kill -9 of its holder', async (t) => {
    const file = join(temporaryFolder(t), 'gateway.lock')
    const holder = startProgram(t, 'hold-gateway-lock.ts', [file])
    assert.equal(await holder.next(), 'held')
    holder.process.kill('SIGKILL')
    await once(holder.process, 'exit')
    acquireGatewayLock(file).release()
  })

  it('is held once within a process too, until it is released', (t) => {
    const file = join(temporaryFolder(t), 'gateway.lock')
    const lock = acquireGatewayLock(file)
    assert.throws(() => acquireGatewayLock(file), conflict(file, `process ${process.pid}`))
    lock.release()
    lock.release()
    assert.equal(existsSync(`${file}.pid`), false)
    const again = acquireGatewayLock(file)
    lock.release()
    assert.throws(() => acquireGatewayLock(file), conflict(file, `process ${process.pid}`))
    again.release()
  })
})

function conflict(...words: readonly string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'conflict')
    for (const word of words) assert.ok(error.message.includes(word), error.message)
    return true
  }
}

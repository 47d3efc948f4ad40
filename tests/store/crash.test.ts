import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { openStore } from '../../src/store/open-store.ts'
import { startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

describe('kill -9 of a process with 32 writers', () => {
  it('loses no acknowledged turn and leaves no half one, three times in a row', async (t) => {
    const file = join(temporaryFolder(t), 'store.db')
    const acknowledged: string[] = []
    for (const round of [1, 2, 3]) {
      const writer = startProgram(t, 'write-until-killed.ts', [file, String(round)])
      // Somewhere in the middle of a commit, a little later each time.
      for (let i = 0; i < 300 * round; i++) acknowledged.push(String(await writer.next()))
      writer.process.kill('SIGKILL')
      acknowledged.push(...(await writer.rest()).map(String))
      await once(writer.process, 'exit').catch(() => undefined)
      assert.equal(writer.process.signalCode, 'SIGKILL', writer.errors())

      const store = await openStore({ file })
      await store.turns.recover(1)
      for (const id of acknowledged) {
        const messages = await store.conversations.messages(id, { limit: 10 })
        assert.deepEqual(
          messages.map(({ value }) => `${value.status}: ${value.content}`),
          [`complete: asked ${id}`, `complete: answered ${id}`],
        )
        assert.equal((await store.conversations.find(id))?.messageCount, 2)
      }
      await store.close()
      assertWhole(file)
    }
    t.diagnostic(`${acknowledged.length} acknowledged turns, none lost`)
  })
})

/** Holds that the file is sound and that no turn in it is half there. */
function assertWhole(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true })
  const count = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0]
  assert.equal(count('PRAGMA integrity_check'), 'ok')
  assert.equal(count("SELECT COUNT(*) FROM messages WHERE status = 'pending'"), 0)
  const replies = '(SELECT COUNT(*) FROM messages r WHERE r.reply_to = m.key)'
  assert.equal(
    count(`SELECT COUNT(*) FROM messages m WHERE role = 'user' AND status = 'complete' AND ${replies} <> 1`),
    0,
  )
  const messages = '(SELECT COUNT(*) FROM messages m WHERE m.conversation_key = c.key)'
  assert.equal(count(`SELECT COUNT(*) FROM conversations c WHERE message_count <> ${messages}`), 0)
  database.close()
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src/store/open-store.ts'
import { storeContract } from '../contracts/store.ts'

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-store-'))
  const file = join(folder, 'store.db')
  let store = await openStore({ file })
  return {
    store,
    async reopen() {
      await store.close()
      store = await openStore({ file })
      return store
    },
    async cleanup() {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
})

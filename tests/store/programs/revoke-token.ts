// Opens the store named by the first argument, and for each line that comes in revokes the token of that id.
import { createInterface } from 'node:readline'
import { openStore } from '../../../src/store/open-store.ts'

const store = await openStore({ file: String(process.argv[2]) })
process.stdout.write('"open"\n')
for await (const id of createInterface({ input: process.stdin })) {
  await store.tokens.revoke(id, 2_000)
  process.stdout.write('"revoked"\n')
}
await store.close()

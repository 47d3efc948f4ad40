// Runs 300 turns on the store named by the first argument, 8 at a time, in conversations whose ids begin with the second.
import { openStore } from '../../../src/store/open-store.ts'
import { beginTurn, wholeTurn } from '../contract/samples.ts'

const [, , file = '', prefix = ''] = process.argv
const store = await openStore({ file })
process.stdout.write('"open"\n')
let left = 300
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (left > 0) await wholeTurn(store, beginTurn(`${prefix}${left--}`))
  }),
)
await store.close()
process.stdout.write('"done"\n')

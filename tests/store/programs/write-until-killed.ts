// Runs turns in 32 conversations at once on the store named by the first argument, as fast as they go, and prints each conversation
// whose turn was acknowledged. The second argument tells its ids from those of other runs.
import { openStore } from '../../../src/store/open-store.ts'
import { beginTurn, finishTurn, reply } from '../contract/samples.ts'

const [, , file = '', run = ''] = process.argv
const store = await openStore({ file })
let made = 0
await Promise.all(
  Array.from({ length: 32 }, async () => {
    for (;;) {
      const id = `run${run}_${made++}`
      const begun = beginTurn(id, { content: `asked ${id}` })
      const acknowledged = store.turns.begin(begun)
      await acknowledged
      const answer = reply(`${id}_reply`, { content: `answered ${id}` })
      await store.turns.finish(finishTurn(begun, { reply: answer }))
      // Writing to a pipe is synchronous, so that what is printed was acknowledged and nothing else.
      process.stdout.write(`${JSON.stringify(id)}\n`)
    }
  }),
)

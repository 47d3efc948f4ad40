import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks a person, or takes the defaults where nobody is there. */
export interface Asker extends Disposable {
  /** True where nobody can answer. */
  readonly isSilent: boolean
  /** Resolves to the answer, or to the default for an empty one. */
  ask(question: string, standard: string): Promise<string>
  /** The same without an echo, and without a default. */
  askSecret(question: string): Promise<string>
}

/** Makes an asker. `isSilent` takes every default. */
export function createAsker(isSilent: boolean): Asker {
  if (isSilent) {
    return {
      isSilent,
      ask: (_question, standard) => Promise.resolve(standard),
      askSecret: () => Promise.resolve(''),
      [Symbol.dispose]: () => undefined,
    }
  }
  let isMuted = false
  // The questions stand beside what a program reads from stdout.
  const output = new Writable({
    write(piece: Buffer, _encoding, done) {
      if (!isMuted) process.stderr.write(piece)
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  return {
    isSilent,
    async ask(question, standard) {
      const hint = standard === '' ? '' : ` [${standard}]`
      return (await lines.question(`${question}${hint}: `)).trim() || standard
    },
    async askSecret(question) {
      process.stderr.write(`${question}: `)
      isMuted = true
      try {
        return (await lines.question('')).trim()
      } finally {
        isMuted = false
        process.stderr.write('\n')
      }
    },
    [Symbol.dispose]: () => lines.close(),
  }
}

import type { Statement } from './statement.ts'

/** What the store writes of its own accord. */
export const healthStatements = {
  /** Changes nothing but goes to the disk as every write does. */
  probe: { sql: 'UPDATE token_epoch SET epoch = epoch', mustChange: true },
} as const satisfies Record<string, Statement>

/** How the store's two sides are. */
export interface Health {
  /** What is wrong now and what to do, or undefined where all is well. */
  sentence(): string | undefined
  well(side: Side): void
  troubled(side: Side, sentence: string): void
}

type Side = 'reading' | 'writing'

/** Keeps the last trouble of each side, and tells `onTrouble` of each new one once. */
export function createHealth(onTrouble: (sentence: string) => void): Health {
  const trouble: Record<Side, string | undefined> = { reading: undefined, writing: undefined }
  return {
    sentence: () => trouble.writing ?? trouble.reading,
    well(side) {
      trouble[side] = undefined
    },
    troubled(side, sentence) {
      if (trouble[side] === sentence) return
      trouble[side] = sentence
      onTrouble(sentence)
    },
  }
}

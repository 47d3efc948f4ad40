/** What stands in the place of a hash before the first record. */
export const genesisHash: string = '0'.repeat(64)

/**
 * Returns the text whose SHA-256, as UTF-8, is a record's hash: the hash before it, a line feed, and the JSON array of the sequence
 * number and the record's fields, written as `JSON.stringify` writes them (ECMA-262). docs/audit.md describes it byte by byte.
 */
export function chainText(previousHash: string, sequence: number, fields: readonly unknown[]): string {
  return `${previousHash}\n${JSON.stringify([sequence, ...fields])}`
}

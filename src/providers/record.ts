/** What parsed JSON is read as: any field may be absent or of any type. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** Tells whether a value's fields can be read. Arrays count: their named fields are simply absent. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null
}

/** Returns a field that is a non-empty string, else undefined. */
export function textOf(record: JsonRecord, field: string): string | undefined {
  const value = record[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Returns a field that is a finite number of at least 0, as a whole number, else undefined. */
export function countOf(record: JsonRecord, field: string): number | undefined {
  const value = record[field]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined
}

/** Returns the items of a list that are records; nothing where it is no list. */
export function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

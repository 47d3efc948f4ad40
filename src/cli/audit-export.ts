import { createWriteStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AuditFilterWords } from '../domain/audit/audit-filter.ts'
import { exportAudit } from '../domain/audit/export-audit.ts'
import { type AuditExport, auditExport } from '../domain/audit/record-view.ts'
import type { AuditStore } from '../domain/store.ts'
import { filterOf, withAudit } from './audit-setup.ts'
import { exitCodes } from './exit-codes.ts'
import type { GlobalOptions } from './grammar.ts'
import { printError } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw audit export`. */
export interface AuditExportOptions extends GlobalOptions, Pick<AuditFilterWords, 'since'> {
  readonly format: string
  readonly output?: string
}

/** Writes the records out, oldest first, with the hashes that verify them; a page at a time, as the reader takes them. */
export async function auditExportCommand(options: AuditExportOptions): Promise<number> {
  const { since } = filterOf(options, 'openclaw audit export --since 30d')
  const format = formatOf(options.format)
  return await withAudit(async ({ audit }) => {
    const lines = Readable.from(textOf(audit, since, format))
    if (options.output === undefined) return await toReader(lines, process.stdout)
    await pipeline(lines, createWriteStream(options.output, { mode: 0o600 }))
    printError(`Written to ${options.output}.`)
    return exitCodes.ok
  })
}

// A reader that has gone away (`| head -1`) has what it wanted.
async function toReader(lines: Readable, stdout: Writable): Promise<number> {
  try {
    await pipeline(lines, stdout, { end: false })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
  return exitCodes.ok
}

type Format = 'jsonl' | 'csv'

function formatOf(text: string): Format {
  if (text === 'jsonl' || text === 'csv') return text
  const message = `--format is ${JSON.stringify(text)}; expected jsonl or csv.`
  throw new UsageError(message, 'openclaw audit export --format csv')
}

async function* textOf(audit: AuditStore, since: number | undefined, format: Format): AsyncGenerator<string> {
  const toLine = format === 'csv' ? csvLine : jsonLine
  if (format === 'csv') yield `${csvColumns.join(',')}\r\n`
  for await (const records of exportAudit(audit, since))
    yield records.map((record) => toLine(auditExport(record))).join('')
}

function jsonLine(row: AuditExport): string {
  return `${JSON.stringify(row)}\n`
}

const csvColumns = [
  'sequence',
  'at',
  'actorType',
  'actorId',
  'actorName',
  'action',
  'target',
  'method',
  'route',
  'status',
  'error',
  'ip',
  'requestId',
  'model',
  'inputTokens',
  'outputTokens',
  'countedAt',
  'count',
  'hash',
]

// RFC 4180.
function csvLine(row: AuditExport): string {
  const { actor, usage } = row
  const cells = [
    row.sequence,
    row.at,
    actor.type,
    actor.id,
    actor.name,
    row.action,
    row.target,
    row.method,
    row.route,
    row.status,
    row.error,
    row.ip,
    row.requestId,
    usage?.model,
    usage?.inputTokens,
    usage?.outputTokens,
    row.countedAt,
    row.count,
    row.hash,
  ]
  return `${cells.map(csvCell).join(',')}\r\n`
}

// A cell that a spreadsheet would take for a formula begins with an apostrophe.
function csvCell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value)
  const harmless = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

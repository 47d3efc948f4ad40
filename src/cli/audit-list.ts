import type { AuditFilterWords } from '../domain/audit/audit-filter.ts'
import { listAudit } from '../domain/audit/list-audit.ts'
import { type AuditView, auditView } from '../domain/audit/record-view.ts'
import { filterOf, withAudit } from './audit-setup.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printJson, table } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw audit list`. */
export interface AuditListOptions extends JsonOptions, AuditFilterWords {
  readonly limit: string
}

const example = 'openclaw audit list --status 4xx --since 1h'
const limitMax = 1_000

/** Lists records, newest first. */
export async function auditList(options: AuditListOptions): Promise<number> {
  const filter = filterOf(options, example)
  const limit = limitOf(options.limit)
  return await withAudit(async ({ audit }) => {
    const { signal } = new AbortController()
    const rows = (await listAudit(audit, { filter, limit, signal })).map(auditView)
    if (options.json === true) printJson({ data: rows })
    else if (rows.length === 0) print('There are no such records.')
    else for (const line of table([heading, ...rows.map(cellsOf)])) print(line)
    return exitCodes.ok
  })
}

function limitOf(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= limitMax) return limit
  throw new UsageError(
    `--limit is ${JSON.stringify(text)}; expected a whole number from 1 to ${limitMax}.`,
    'openclaw audit list --limit 100',
  )
}

const heading = ['AT (UTC)', 'WHO', 'WHAT', 'STATUS', 'ERROR', 'ADDRESS', 'TOKENS', 'REQUEST']

function cellsOf(row: AuditView): readonly string[] {
  const { actor, usage } = row
  return [
    row.at.replace('T', ' ').replace('Z', ''),
    actor.name ?? actor.id ?? actor.type,
    whatOf(row),
    String(row.status ?? '-'),
    row.error ?? '-',
    row.ip ?? '-',
    usage === null ? '-' : `${usage.inputTokens}+${usage.outputTokens} ${usage.model}`,
    row.requestId ?? '-',
  ]
}

function whatOf({ action, target, method, route, count }: AuditView): string {
  const what = action ?? `${method ?? '-'} ${route ?? '-'}`
  return `${what}${target === null ? '' : ` ${target}`}${count === 1 ? '' : ` (${count} times)`}`
}

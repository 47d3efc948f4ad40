import { GatewayError } from '../domain/errors.ts'
import { getUsage, type UsageRow } from '../domain/usage/get-usage.ts'
import { decimalOf, moneyOf, nothing, numberOf } from '../domain/usage/money.ts'
import { parseUsageQuery, type UsageQuery } from '../domain/usage/usage-query.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printJson, table } from './output.ts'
import { withTokens } from './token-setup.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw usage`. */
export interface UsageOptions extends JsonOptions {
  readonly from?: string
  readonly to?: string
  readonly groupBy: string
}

const placesMin = 2

/** Sums up what turns have used: one row a group and, for people, a last one for all. */
export async function usageCommand(options: UsageOptions): Promise<number> {
  const query = queryOf(options)
  return await withTokens(options, async ({ store, loaded, configTokens }) => {
    const { signal } = new AbortController()
    const rows = await getUsage(store.usage, { type: 'cli' }, query, signal)
    const tokens =
      query.grouping.by === 'token' ? [...(await store.tokens.load()).tokens, ...configTokens] : []
    const names = new Map(tokens.map(({ id, name }) => [id, name]))
    if (options.json === true) printJson({ data: rows.map((row) => ({ ...row, ...named(names, row) })) })
    else if (rows.length === 0) print('No turn ran in that time.')
    else {
      const heading = [
        headingOf(query),
        'REQUESTS',
        'INPUT',
        'OUTPUT',
        `COST (${loaded.config.models.currency})`,
        'ESTIMATED (USD)',
      ]
      const lines = rows.map((row) => cellsOf(names.get(row.key ?? '') ?? row.key ?? '-', row))
      for (const line of table([heading, ...lines, cellsOf('all', sumOf(rows))])) print(line)
    }
    return exitCodes.ok
  })
}

function queryOf({ from, to, groupBy }: UsageOptions): UsageQuery {
  const words = { groupBy, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  try {
    return parseUsageQuery(words, Date.now())
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new UsageError(
      `--${error.message.replace(/^groupBy/, 'group-by')}`,
      'openclaw usage --from 7d --group-by model',
    )
  }
}

function headingOf({ grouping }: UsageQuery): string {
  return grouping.by === 'metadata' ? grouping.name.toUpperCase() : grouping.by.toUpperCase()
}

function named(names: ReadonlyMap<string, string>, { key }: UsageRow): { readonly name?: string } {
  const name = names.get(key ?? '')
  return name === undefined ? {} : { name }
}

// What a caller has put into metadata must not move the cursor, nor name the window.
function cellsOf(
  key: string,
  { requests, inputTokens, outputTokens, cost, estimatedCost }: UsageRow,
): readonly string[] {
  const label = key.replaceAll(/[\p{Cc}]/gu, ' ')
  return [label, ...[requests, inputTokens, outputTokens].map(String), amount(cost), amount(estimatedCost)]
}

function amount(cost: number): string {
  return decimalOf(moneyOf(cost), placesMin)
}

function sumOf(rows: readonly UsageRow[]): UsageRow {
  const sum = (pick: (row: UsageRow) => number): number => rows.reduce((total, row) => total + pick(row), 0)
  const money = (pick: (row: UsageRow) => number): number =>
    numberOf(rows.reduce((total, row) => total + moneyOf(pick(row)), nothing))
  return {
    key: null,
    requests: sum(({ requests }) => requests),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: money(({ cost }) => cost),
    estimatedCost: money(({ estimatedCost }) => estimatedCost),
  }
}

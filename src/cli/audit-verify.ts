import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Seal } from '../domain/audit/seal.ts'
import { type Verdict, verifyAudit } from '../domain/audit/verify-audit.ts'
import type { AuditFiles } from '../open-state.ts'
import { type AuditSetup, withAudit } from './audit-setup.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printAdvice, printJson } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw audit verify`. */
export interface AuditVerifyOptions extends JsonOptions {
  /** Files with keys to trust in place of the data folder's own. */
  readonly publicKey: readonly string[]
  /** Files with checkpoints that were kept elsewhere. */
  readonly checkpoints: readonly string[]
}

const example = 'openclaw audit verify --public-key kept-elsewhere.pem'

/** Verifies the chain and its checkpoints. Exit code 0 where it is whole, 1 where it is broken. */
export async function auditVerify(options: AuditVerifyOptions): Promise<number> {
  for (const file of [...options.publicKey, ...options.checkpoints]) {
    if (!existsSync(file)) throw new UsageError(`There is no file ${JSON.stringify(file)}.`, example)
  }
  return await withAudit(async (setup) => {
    const progress = createProgress()
    const verdict = await verify(setup, options, progress.show)
    progress.clear()
    if (options.json === true) printJson({ ok: verdict.broken === null, ...verdict })
    else tell(verdict)
    return verdict.broken === null ? exitCodes.ok : exitCodes.failure
  })
}

async function verify(
  { audit, files }: AuditSetup,
  { publicKey, checkpoints }: AuditVerifyOptions,
  onProgress: (records: number) => void,
): Promise<Verdict> {
  // Looking makes no key: where there is none, nothing that was signed can be trusted.
  const ownKeys = files.hasKey() ? [files.signer.publicKey()] : []
  const keys = publicKey.length > 0 ? publicKey.map((file) => readFileSync(file, 'utf8')) : ownKeys
  return await verifyAudit(
    {
      store: audit,
      sha256Hex: (text) => hash('sha256', text),
      isSigned: files.checkBy(keys),
      kept: keptIn(files, checkpoints),
    },
    onProgress,
  )
}

function* keptIn({ kept, sealsIn }: AuditFiles, others: readonly string[]): Generator<Seal> {
  yield* kept
  for (const file of others) yield* sealsIn(file)
}

function tell({ broken, records, lastSequence, removedUpTo, checkpoints, uncovered }: Verdict): void {
  if (broken) {
    print(`The audit is broken at record ${broken.sequence}. ${broken.sentence}`)
    return
  }
  print(`The audit is whole: ${records} records up to number ${lastSequence}, ${checkpoints} checkpoints.`)
  if (removedUpTo > 0)
    print(`Up to number ${removedUpTo} they were removed by retention, as a signature says.`)
  if (uncovered > 0) {
    printAdvice(
      `The last ${uncovered} are newer than the last checkpoint. Sign them too: openclaw audit checkpoint`,
    )
  }
}

const showEveryMs = 200

// On a terminal only: a log or a pipe has no use for it.
function createProgress(): { show(records: number): void; clear(): void } {
  const { stderr } = process
  if (stderr.isTTY !== true) return { show: () => undefined, clear: () => undefined }
  let shownAt = performance.now()
  return {
    show(records) {
      if (performance.now() - shownAt < showEveryMs) return
      shownAt = performance.now()
      stderr.write(`\r${records} records checked `)
    },
    clear: () => void stderr.write('\r\u001b[K'),
  }
}

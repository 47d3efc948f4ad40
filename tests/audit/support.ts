import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { checkpointAudit } from '../../src/domain/audit/audit-keeper.ts'
import type { AuditEntry } from '../../src/domain/audit/record.ts'
import { type Verdict, verifyAudit } from '../../src/domain/audit/verify-audit.ts'
import type { Clock } from '../../src/domain/clock.ts'
import type { Store } from '../../src/domain/store.ts'
import { type LocalSigner, localSigner } from '../../src/store/audit-signer.ts'
import { openStore } from '../../src/store/open-store.ts'
import { SealFile } from '../../src/store/seal-file.ts'
import { signatureCheck } from '../../src/store/signature-check.ts'

/** A call of a token at a time, unless `more` says otherwise. */
export function entry(number: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: number * 1_000,
    actor: { type: 'token', id: 'tok_a', name: 'crm' },
    action: null,
    target: null,
    method: 'GET',
    route: '/api/v1/models',
    status: 200,
    error: null,
    ip: '127.0.0.1',
    requestId: `req_${number}`,
    usage: null,
    countedAt: number * 1_000 - 5,
    count: 1,
    ...more,
  }
}

/** Entries numbered from one to another. */
export function entries(from: number, to: number): readonly AuditEntry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i))
}

/** A data folder whose store opens and closes as a test wants it. */
export class AuditFolder {
  readonly folder: string
  readonly file: string
  readonly signer: LocalSigner
  /** Stands until a test moves it. */
  readonly clock: Clock & { ms: number } = {
    ms: 1_000_000,
    now: () => this.clock.ms,
    monotonic: () => this.clock.ms,
  }

  constructor(t: Pick<TestContext, 'after'>) {
    this.folder = mkdtempSync(join(tmpdir(), 'openclaw-audit-'))
    this.file = join(this.folder, 'openclaw.db')
    this.signer = localSigner(this.folder)
    t.after(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** Runs work on the open store and closes it. */
  async with<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await openStore({ file: this.file })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }

  /** Appends records up to that number, all in one batch, with a checkpoint where one is wanted. */
  async fill(from: number, to: number, sealed: 'sealed' | 'unsealed' = 'unsealed'): Promise<void> {
    await this.with(async ({ audit }) => {
      await audit.append(entries(from, to))
      if (sealed === 'sealed') await checkpointAudit({ store: audit, signer: this.signer, clock: this.clock })
    })
  }

  /** Does to the file what somebody does who has it. */
  tamper(...statements: readonly string[]): void {
    const database = new DatabaseSync(this.file)
    for (const sql of statements) database.exec(sql)
    database.close()
  }

  /** Verifies the closed store by its own key. */
  async verify(keys: readonly string[] = [this.signer.publicKey()]): Promise<Verdict> {
    return await this.with((store) => this.verifyOpen(store, keys))
  }

  /** Verifies an open store. */
  async verifyOpen(store: Store, keys: readonly string[] = [this.signer.publicKey()]): Promise<Verdict> {
    return await verifyAudit({
      store: store.audit,
      sha256Hex: (text) => hash('sha256', text),
      isSigned: signatureCheck(keys),
      kept: new SealFile(this.folder),
    })
  }
}

import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { chainText, genesisHash } from '../../src/domain/audit/chain.ts'
import type { Break } from '../../src/domain/audit/verify-audit.ts'
import { auditColumns } from '../../src/store/audit-chain.ts'
import { localSigner } from '../../src/store/audit-signer.ts'
import { AuditFolder } from './support.ts'

const shiftUp =
  'UPDATE audit_records SET sequence = -sequence - 1 WHERE sequence >= 10; UPDATE audit_records SET sequence = -sequence WHERE sequence < 0'
const copy = `INSERT INTO audit_records (sequence, ${auditColumns.join(', ')}, hash) SELECT`
const swap = (one: number, other: number): string =>
  `UPDATE audit_records SET sequence = -1 WHERE sequence = ${one};
   UPDATE audit_records SET sequence = ${one} WHERE sequence = ${other};
   UPDATE audit_records SET sequence = ${other} WHERE sequence = -1`
const columns = auditColumns.join(', ')

describe('verification finds the first record that', () => {
  const cases: Readonly<Record<string, readonly [sql: string, sequence: number, kind: Break['kind']]>> = {
    'has another text': ["UPDATE audit_records SET actor_name = 'nobody' WHERE sequence = 7", 7, 'changed'],
    'has another number': ['UPDATE audit_records SET status = 500 WHERE sequence = 7', 7, 'changed'],
    'has a number where there was none': [
      'UPDATE audit_records SET input_tokens = 0 WHERE sequence = 7',
      7,
      'changed',
    ],
    'has nothing where there was something': [
      'UPDATE audit_records SET ip = NULL WHERE sequence = 7',
      7,
      'changed',
    ],
    'has a number as text': ["UPDATE audit_records SET status = 'x200' WHERE sequence = 7", 7, 'changed'],
    'has a text as bytes': ["UPDATE audit_records SET ip = x'313237' WHERE sequence = 7", 7, 'changed'],
    'has a number that no program can hold': [
      'UPDATE audit_records SET at = 9223372036854775807 WHERE sequence = 7',
      7,
      'changed',
    ],
    'has another hash': [
      `UPDATE audit_records SET hash = '${'a'.repeat(64)}' WHERE sequence = 7`,
      7,
      'changed',
    ],
    'was taken out': ['DELETE FROM audit_records WHERE sequence = 7', 7, 'missing'],
    'was taken out, with those after it moved up': [
      'DELETE FROM audit_records WHERE sequence = 7; UPDATE audit_records SET sequence = sequence - 1 WHERE sequence > 7',
      7,
      'changed',
    ],
    'was the first one': ['DELETE FROM audit_records WHERE sequence = 1', 1, 'missing'],
    'was among the first ones': ['DELETE FROM audit_records WHERE sequence <= 12', 1, 'missing'],
    'was put in between others': [
      `${shiftUp}; ${copy} 10, ${columns}, hash FROM audit_records WHERE sequence = 4`,
      10,
      'changed',
    ],
    'was put in before all others': [
      `${copy} 0, ${columns}, hash FROM audit_records WHERE sequence = 4`,
      0,
      'added',
    ],
    'was put in far before all others': [
      `${copy} -9223372036854775808, ${columns}, hash FROM audit_records WHERE sequence = 4`,
      Number.MAX_SAFE_INTEGER,
      'added',
    ],
    'was put in behind all others': [
      `${copy} 21, ${columns}, hash FROM audit_records WHERE sequence = 4`,
      21,
      'added',
    ],
    'was put in far behind all others': [
      `${copy} 9223372036854775807, ${columns}, hash FROM audit_records WHERE sequence = 4`,
      Number.MAX_SAFE_INTEGER,
      'added',
    ],
    'changed places with another': [swap(5, 9), 5, 'changed'],
    'was cut off, with all after it': ['DELETE FROM audit_records WHERE sequence > 15', 16, 'cut'],
    'was the last one': ['DELETE FROM audit_records WHERE sequence = 20', 20, 'cut'],
    'was cut off, with the end that was noted': [
      'DELETE FROM audit_records WHERE sequence > 15; UPDATE audit_head SET sequence = 15, hash = (SELECT hash FROM audit_records WHERE sequence = 15)',
      20,
      'cut',
    ],
    'was cut off with everything': [
      `DELETE FROM audit_records; DELETE FROM audit_checkpoints; UPDATE audit_head SET sequence = 0, hash = '${genesisHash}'`,
      20,
      'cut',
    ],
    'has its checkpoint changed': [
      `UPDATE audit_checkpoints SET hash = '${'b'.repeat(64)}'`,
      20,
      'signature',
    ],
    'has a checkpoint that nobody signed': [
      "INSERT INTO audit_checkpoints SELECT 12, hash, 1, 'key', 'c2lnbmVk' FROM audit_records WHERE sequence = 12",
      12,
      'signature',
    ],
    'stands after an anchor that nobody signed': [
      "INSERT INTO audit_anchor SELECT 1, 12, hash, 1, 'key', 'c2lnbmVk' FROM audit_records WHERE sequence = 12; DELETE FROM audit_records WHERE sequence <= 12",
      13,
      'signature',
    ],
    'stands in a chain whose end was taken away': ['DELETE FROM audit_head', 1, 'added'],
  }
  for (const [what, [sql, sequence, kind]] of Object.entries(cases)) {
    it(what, async (t) => {
      const folder = new AuditFolder(t)
      await folder.fill(1, 20, 'sealed')
      assert.equal((await folder.verify()).broken, null)
      folder.tamper(sql)
      const { broken } = await folder.verify()
      assert.deepEqual([broken?.sequence, broken?.kind], [sequence, kind], broken?.sentence)
    })
  }
})

describe('a chain that somebody has computed anew', () => {
  it('is found by the checkpoint that was signed for the old one', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 10, 'sealed')
    await folder.fill(11, 20, 'sealed')
    rewrite(folder, 15)
    const { broken } = await folder.verify()
    assert.deepEqual([broken?.sequence, broken?.kind], [20, 'rewritten'], broken?.sentence)
  })

  it('is found by the file of checkpoints where those in the database are gone, and not without either', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 20, 'sealed')
    rewrite(folder, 15)
    folder.tamper('DELETE FROM audit_checkpoints')
    assert.equal((await folder.verify()).broken?.kind, 'rewritten')
    rmSync(join(folder.folder, 'audit-checkpoints.jsonl'))
    // What the documents say that a chain cannot prove.
    const { broken, uncovered } = await folder.verify()
    assert.equal(broken, null)
    assert.equal(uncovered, 20)
  })

  it('and signed anew by another key is found by whoever kept the public key', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 20, 'sealed')
    const kept = folder.signer.publicKey()
    rewrite(folder, 15)
    folder.tamper('DELETE FROM audit_checkpoints')
    for (const name of ['audit-key.pem', 'audit-checkpoints.jsonl']) rmSync(join(folder.folder, name))
    const forger = new AuditFolder(t)
    copyFileSync(folder.file, forger.file)
    await forger.fill(21, 21, 'sealed')
    assert.equal((await forger.verify()).broken, null, 'by the forger’s own key all is well')
    assert.equal((await forger.verify([kept])).broken?.kind, 'signature')
  })
})

describe('a chain that was tampered with', () => {
  it('goes on being written, and shows for ever where it was broken', async (t) => {
    for (const sql of [
      'DELETE FROM audit_records WHERE sequence > 5',
      'DELETE FROM audit_head; DELETE FROM audit_records WHERE sequence > 5',
      'UPDATE audit_head SET sequence = 5, hash = (SELECT hash FROM audit_records WHERE sequence = 5)',
      'DELETE FROM audit_records',
      `${copy} 11, ${columns}, hash FROM audit_records WHERE sequence = 4`,
    ]) {
      const folder = new AuditFolder(t)
      await folder.fill(1, 10)
      folder.tamper(sql)
      await folder.fill(11, 20)
      const { broken } = await folder.verify()
      assert.ok(broken && broken.sequence <= 12, `${sql}: ${JSON.stringify(broken)}`)
    }
  })

  it('has its first bad record named, also where there are more, and far from the beginning', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 2_500)
    folder.tamper('UPDATE audit_records SET ip = NULL WHERE sequence IN (1999, 2001)')
    assert.equal((await folder.verify()).broken?.sequence, 1_999)
  })
})

describe('the file of checkpoints', () => {
  it('may hold a line that a crash cut in half', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 5, 'sealed')
    const file = join(folder.folder, 'audit-checkpoints.jsonl')
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"type":"checkpoint","sequ`)
    const again = new AuditFolder(t)
    for (const name of ['openclaw.db', 'audit-key.pem', 'audit-checkpoints.jsonl'])
      copyFileSync(join(folder.folder, name), join(again.folder, name))
    await again.fill(6, 9, 'sealed')
    assert.deepEqual({ ...(await again.verify()), records: 0 }, wholeVerdict(9, 2))
    again.tamper('DELETE FROM audit_checkpoints')
    assert.equal((await again.verify()).checkpoints, 2)
  })
})

describe('the signing key', () => {
  it('is made once, for this user alone, and refused in words where it is none', (t) => {
    const { folder } = new AuditFolder(t)
    const publicKey = localSigner(folder).publicKey()
    assert.equal(localSigner(folder).publicKey(), publicKey)
    writeFileSync(join(folder, 'audit-key.pem'), 'nonsense')
    assert.throws(
      () => localSigner(folder).publicKey(),
      /signing key .*audit-key\.pem cannot be used: restore it/,
    )
  })
})

function wholeVerdict(lastSequence: number, checkpoints: number): unknown {
  return { broken: null, records: 0, lastSequence, removedUpTo: 0, checkpoints, uncovered: 0 }
}

/** Changes a record, and computes all hashes after it anew as somebody does who knows how. */
function rewrite(folder: AuditFolder, from: number): void {
  const database = new DatabaseSync(folder.file)
  database.exec(`UPDATE audit_records SET ip = '203.0.113.9' WHERE sequence = ${from}`)
  const rows = database.prepare('SELECT * FROM audit_records ORDER BY sequence').all()
  let last = genesisHash
  for (const row of rows) {
    last = hash(
      'sha256',
      chainText(
        last,
        Number(row.sequence),
        auditColumns.map((column) => row[column]),
      ),
    )
    database.prepare('UPDATE audit_records SET hash = ? WHERE sequence = ?').run(last, Number(row.sequence))
  }
  database.prepare('UPDATE audit_head SET hash = ?').run(last)
  database.close()
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { at, listAt } from '../support/json.ts'
import { openclaw } from './gateway-audit.ts'
import { AuditFolder, entries, entry } from './support.ts'

const contractKeys = ['at', 'actor', 'method', 'route', 'status', 'error', 'ip', 'requestId']

/** A user's home whose data folder holds such records and no gateway. */
async function homeWith(t: TestContext, records: readonly ReturnType<typeof entry>[]): Promise<string> {
  const made = new AuditFolder(t)
  const home = new AuditFolder(t).folder
  await made.with(async ({ audit }) => await audit.append(records))
  await mkdir(join(home, 'state'))
  await copyFile(made.file, join(home, 'state', 'openclaw.db'))
  return home
}

async function lines(home: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await openclaw(home, 'audit', ...args)
  assert.deepEqual([code, stderr], [0, ''])
  return stdout.split(/\r?\n/).filter((line) => line !== '')
}

describe('openclaw audit list', () => {
  it('prints a line a record, newest first, twenty unless told otherwise', async (t) => {
    const home = await homeWith(t, [
      ...entries(1, 30),
      entry(31, {
        status: 403,
        error: 'insufficient_scope',
        usage: { model: 'm', inputTokens: 3, outputTokens: 4 },
      }),
    ])
    const [heading, first, ...others] = await lines(home, 'list')
    assert.match(heading ?? '', /^AT \(UTC\) +WHO +WHAT +STATUS +ERROR +ADDRESS +TOKENS +REQUEST$/)
    assert.match(
      first ?? '',
      /^1970-01-01 00:00:31\.000 +crm +GET \/api\/v1\/models +403 +insufficient_scope +127\.0\.0\.1 +3\+4 m +req_31$/,
    )
    assert.equal(others.length, 19)
    assert.equal((await lines(home, 'list', '--limit', '100')).length, 32)
    assert.equal((await lines(home, 'list', '--status', '4xx')).length, 2)
    assert.deepEqual(await lines(home, 'list', '--token', 'nobody'), ['There are no such records.'])
  })

  it('prints rows as promised with --json', async (t) => {
    const home = await homeWith(t, entries(1, 3))
    const { stdout } = await openclaw(home, 'audit', 'list', '--limit', '2', '--json')
    const rows = listAt(JSON.parse(stdout), 'data')
    assert.deepEqual(
      rows.map((row) => at(row, 'requestId')),
      ['req_3', 'req_2'],
    )
    const [row] = rows
    for (const key of contractKeys) assert.notEqual(at(row, key), undefined, key)
    assert.equal(at(row, 'at'), '1970-01-01T00:00:03.000Z')
    assert.deepEqual(at(row, 'actor'), { type: 'token', id: 'tok_a', name: 'crm' })
  })

  it('finds nothing in a new data folder, and nothing wrong with it', async (t) => {
    const home = new AuditFolder(t).folder
    assert.deepEqual(await lines(home, 'list'), ['There are no such records.'])
    assert.match((await lines(home, 'verify')).join(), /^The audit is whole: 0 records/)
  })

  for (const [args, sentence] of [
    [['list', '--limit', '0'], /--limit is "0"; expected a whole number from 1 to 1000/],
    [['list', '--status', '7xx'], /--status is "7xx"; expected a status such as 404, or a class such as 4xx/],
    [['list', '--since', 'then'], /--since is "then"; expected 30m, 1h, 2d or a time/],
    [['export', '--format', 'xml'], /--format is "xml"; expected jsonl or csv/],
    [['verify', '--public-key', '/nowhere.pem'], /There is no file "\/nowhere\.pem"/],
    [['list', '--tokn', 'a'], /unknown option '--tokn'/],
  ] as const) {
    it(`ends with exit code 2 and a right line for ${args.join(' ')}`, async (t) => {
      const { code, stdout, stderr } = await openclaw(new AuditFolder(t).folder, 'audit', ...args)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, sentence)
      assert.match(stderr, /\nTry: (?:npx )?openclaw audit \w+/)
    })
  }
})

describe('openclaw audit verify', () => {
  it('ends with 0 where the audit is whole, tells what no checkpoint covers, and prints no progress into a pipe', async (t) => {
    const home = await homeWith(t, entries(1, 5_000))
    const [whole, newer] = await lines(home, 'verify')
    assert.equal(whole, 'The audit is whole: 5000 records up to number 5000, 0 checkpoints.')
    assert.match(
      newer ?? '',
      /^The last 5000 are newer than the last checkpoint\. Sign them too: (?:npx )?openclaw audit checkpoint$/,
    )
    const [checkpoint] = await lines(home, 'checkpoint')
    assert.equal(at(JSON.parse(checkpoint ?? ''), 'sequence'), 5_000)
    assert.deepEqual(await lines(home, 'checkpoint'), [checkpoint], 'there is one of that record already')
    assert.deepEqual(await lines(home, 'verify'), [
      'The audit is whole: 5000 records up to number 5000, 1 checkpoints.',
    ])
    const key = join(home, 'state', 'audit-key.pem')
    assert.equal((await stat(key)).mode & 0o777, 0o600)
  })

  it('ends with 1 and the first bad record where it is broken', async (t) => {
    const home = await homeWith(t, entries(1, 50))
    change(home, "UPDATE audit_records SET ip = '10.0.0.1' WHERE sequence = 17")
    const { code, stdout } = await openclaw(home, 'audit', 'verify')
    assert.equal(code, 1)
    assert.match(stdout, /^The audit is broken at record 17\. Record 17 is not what was written/)
    const json = await openclaw(home, 'audit', 'verify', '--json')
    assert.equal(json.code, 1)
    const verdict: unknown = JSON.parse(json.stdout)
    assert.deepEqual([at(verdict, 'ok'), at(verdict, 'broken', 'sequence')], [false, 17])
  })

  it('finds a tail that was cut with its checkpoints by what was kept elsewhere', async (t) => {
    const home = await homeWith(t, entries(1, 50))
    const elsewhere = join(home, 'elsewhere')
    const [checkpoint = ''] = await lines(home, 'checkpoint')
    await writeFile(`${elsewhere}.jsonl`, `${checkpoint}\n`)
    await writeFile(`${elsewhere}.pem`, (await lines(home, 'key')).join('\n'))
    await writeFile(join(home, 'state', 'audit-checkpoints.jsonl'), '')
    change(
      home,
      'DELETE FROM audit_records WHERE sequence > 40',
      'DELETE FROM audit_checkpoints',
      'UPDATE audit_head SET sequence = 40, hash = (SELECT hash FROM audit_records WHERE sequence = 40)',
    )
    assert.equal((await openclaw(home, 'audit', 'verify')).code, 0, 'what a chain cannot prove')
    const { code, stdout } = await openclaw(
      home,
      ...['audit', 'verify', '--public-key', `${elsewhere}.pem`, '--checkpoints', `${elsewhere}.jsonl`],
    )
    assert.equal(code, 1)
    assert.match(stdout, /broken at record 50/)
  })

  it('refuses a file that is no key', async (t) => {
    const home = await homeWith(t, entries(1, 2))
    await writeFile(join(home, 'no.pem'), 'no key')
    const { code, stderr } = await openclaw(home, 'audit', 'verify', '--public-key', join(home, 'no.pem'))
    assert.equal(code, 2)
    assert.match(stderr, /no public key of an audit/)
  })
})

describe('openclaw audit export', () => {
  it('writes JSON lines, oldest first, to stdout or to a file for this user alone', async (t) => {
    const home = await homeWith(t, entries(1, 2_500))
    const rows = (await lines(home, 'export')).map((line): unknown => JSON.parse(line))
    assert.deepEqual(
      rows.map((row) => at(row, 'sequence')),
      Array.from({ length: 2_500 }, (_, i) => i + 1),
    )
    const file = join(home, 'audit.jsonl')
    const { code, stdout } = await openclaw(home, 'audit', 'export', '--output', file)
    assert.deepEqual([code, stdout], [0, ''])
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await readFile(file, 'utf8')).split('\n').length, 2_501)
  })

  it('begins where it is told to', async (t) => {
    const home = await homeWith(t, entries(1, 20_000))
    const rows = await lines(home, 'export', '--since', '1970-01-01T05:33:10Z')
    assert.equal(rows.length, 11)
    assert.equal(at(JSON.parse(rows[0] ?? ''), 'sequence'), 19_990)
  })

  it('writes CSV that a spreadsheet reads and does not run', async (t) => {
    const name = '=HYPERLINK("http://evil","a, b")'
    const home = await homeWith(t, [entry(1), entry(2, { actor: { type: 'token', id: 'tok_x', name } })])
    const [heading, first, second] = await lines(home, 'export', '--format', 'csv')
    assert.match(heading ?? '', /^sequence,at,actorType,.*,hash$/)
    assert.match(
      first ?? '',
      /^1,1970-01-01T00:00:01\.000Z,token,tok_a,crm,,,GET,\/api\/v1\/models,200,,127\.0\.0\.1,req_1,/,
    )
    assert.ok(second?.includes(`"'=HYPERLINK(""http://evil"",""a, b"")"`), second)
  })

  it('ends quietly where its reader leaves', async (t) => {
    const home = await homeWith(t, entries(1, 20_000))
    const program = join(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')
    const env = { HOME: home, OPENCLAW_STATE_DIR: join(home, 'state') }
    const child = spawn(process.execPath, [program, 'audit', 'export'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += text
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [code] = await once(child, 'close')
    assert.deepEqual([code, errors], [0, ''])
  })
})

function change(home: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(join(home, 'state', 'openclaw.db'))
  for (const sql of statements) database.exec(sql)
  database.close()
}

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportAudit } from '../../src/domain/audit/export-audit.ts'
import { auditExport } from '../../src/domain/audit/record-view.ts'
import { AuditFolder, entries, entry } from './support.ts'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'audit.md'), 'utf8')

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? ''
}

function has(command: string): boolean {
  return spawnSync(command, ['--help'], { stdio: 'ignore' }).error === undefined
}

test('the program in docs/audit.md verifies an export, and finds a changed one', {
  skip: has('python3') ? false : 'needs python3',
}, async (t) => {
  const folder = new AuditFolder(t)
  const name = 'ünï 🙂 "quoted" \\ \n\t\u0001\u007f\u2028 end'
  const odd = entry(6, {
    actor: { type: 'token', id: 'tok_x', name },
    usage: { model: 'm/ä', inputTokens: 0, outputTokens: 9_007_199_254_740_991 },
    countedAt: null,
    at: 1_775_000_000_999,
  })
  const rows: string[] = []
  await folder.with(async ({ audit }) => {
    await audit.append([...entries(1, 5), odd])
    for await (const page of exportAudit(audit))
      rows.push(...page.map((row) => JSON.stringify(auditExport(row))))
  })
  const program = join(folder.folder, 'verify.py')
  const file = join(folder.folder, 'audit.jsonl')
  writeFileSync(program, block('python'))
  writeFileSync(file, rows.join('\n'))
  assert.match(
    execFileSync('python3', [program, file], { encoding: 'utf8' }),
    /^whole, up to [0-9a-f]{64}\n$/,
  )
  writeFileSync(file, rows.join('\n').replace('"requestId":"req_4"', '"requestId":"req_5"'))
  const { status, stderr } = spawnSync('python3', [program, file], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, 'record 4 is not what was written\n'])
})

test('the commands in docs/audit.md check a checkpoint, and find a changed one', {
  skip: ['openssl', 'jq'].every(has) ? false : 'needs openssl and jq',
}, async (t) => {
  const folder = new AuditFolder(t)
  await folder.fill(1, 3, 'sealed')
  const { folder: cwd } = folder
  writeFileSync(join(cwd, 'public-key.pem'), folder.signer.publicKey())
  assert.match(execFileSync('sh', ['-ec', block('sh')], { cwd, encoding: 'utf8' }), /Verified Successfully/)
  const file = join(cwd, 'audit-checkpoints.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"sequence":3', '"sequence":4'))
  assert.notEqual(spawnSync('sh', ['-ec', block('sh')], { cwd }).status, 0)
})

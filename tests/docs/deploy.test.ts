import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../support/run-program.ts'
import { root } from './support/blocks.ts'

const unit = readFileSync(join(root, 'deploy', 'openclaw.service'), 'utf8')
const container = readFileSync(join(root, 'deploy', 'Containerfile'), 'utf8')
const { version }: { version?: unknown } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function settings(name: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

test('the systemd unit gives a stop longer than the gateway takes, and does not try again what a person must mend', () => {
  assert.deepEqual(settings('Restart'), ['on-failure'])
  assert.deepEqual(settings('RestartPreventExitStatus'), ['2'])
  assert.ok(Number(settings('TimeoutStopSec')[0]) > 30)
  assert.ok(Number(settings('StartLimitBurst')[0]) > 0)
})

test('systemd finds nothing wrong with the unit, and it is well confined', async (t) => {
  const found = await runProgram('systemd-analyze', ['--version']).catch(() => undefined)
  if (found?.code !== 0) return t.skip('there is no systemd-analyze on this machine')
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-unit-'))
  try {
    const file = join(folder, 'openclaw.service')
    writeFileSync(file, unit)
    const verified = await runProgram('systemd-analyze', ['verify', '--man=no', file])
    assert.equal(verified.code, 0, verified.stderr)
    // Words about other units of the machine are not ours.
    assert.doesNotMatch(verified.stderr, /openclaw\.service.*(?:Unknown|Failed|ignoring)/i)
    const rated = await runProgram('systemd-analyze', ['security', '--offline=true', '--threshold=20', file])
    assert.equal(rated.code, 0, rated.stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the container file names what the config reads, and the Node that the package asks for', () => {
  const { engines }: { engines?: { node?: string } } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  for (const [, tag = ''] of container.matchAll(/^FROM docker\.io\/library\/node:(\d+)/gm))
    assert.equal(`>=${tag}`, engines?.node)
  const paths = readFileSync(join(root, 'src', 'config', 'paths.ts'), 'utf8')
  const names = [...container.matchAll(/\b(OPENCLAW_\w+)=/g)].map(([, name = '']) => name)
  assert.deepEqual(names, ['OPENCLAW_CONFIG', 'OPENCLAW_STATE_DIR'])
  for (const name of names) assert.ok(paths.includes(name), name)
})

test('pages name the package file by the version that there is', () => {
  const page = readFileSync(join(root, 'docs', 'operations.md'), 'utf8')
  assert.ok(page.includes(`openclaw-gateway-${String(version)}.tgz`))
})

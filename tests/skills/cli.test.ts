import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from '../cli/support.ts'
import { skillText, writeSkill } from './support.ts'

test('skills list shows all of them, whether a gateway runs or not; skills check says what is wrong', async () => {
  using home = makeHome()
  home.writeConfig('{ skills: { entries: { "ticket-first-reply": { enabled: true } } } }')
  const dir = join(home.configFile, '..', 'skills')
  await writeSkill(dir, 'refunds')

  const listed = await home.run('skills', 'list')
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(listed.stdout, /^NAME +SOURCE +STATE +DESCRIPTION\n/)
  assert.match(listed.stdout, /ticket-first-reply +bundled +on +Drafts the first reply/)
  assert.match(listed.stdout, /plain-language-summary +bundled +off /)
  assert.match(listed.stdout, /refunds +skills +on +Does refunds\./)

  const { data } = JSON.parse((await home.run('skills', 'list', '--json')).stdout)
  assert.deepEqual(Object.keys(data[0]), ['name', 'description', 'enabled', 'eligible', 'reason', 'source'])

  assert.deepEqual(await home.run('skills', 'check'), {
    code: 0,
    stdout: 'ok       ticket-first-reply\nok       refunds\nAll 2 can be used.\n',
    stderr: '',
  })
  await writeSkill(dir, 'broken', skillText('broken').replace('description', 'descripton'))
  const checked = await home.run('skills', 'check')
  assert.equal(checked.code, 1)
  assert.match(checked.stdout, /error {4}broken {2}SKILL\.md has no description\./)
  assert.equal(JSON.parse((await home.run('skills', 'check', '--json')).stdout).data.length, 3)
})

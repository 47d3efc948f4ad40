import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, makeHome, runNode } from './support.ts'

test('config path prints the file that would be read', async () => {
  using home = makeHome()
  assert.deepEqual(await home.run('config', 'path'), { code: 0, stdout: `${home.configFile}\n`, stderr: '' })
  const own = join(home.folder, 'own.json5')
  assert.equal((await home.run('--config', own, 'config', 'path')).stdout, `${own}\n`)
  assert.equal((await home.run('config', '--config', own, 'path')).stdout, `${own}\n`)
  assert.equal((await home.run('config', 'path', '--config', own)).stdout, `${own}\n`)
  const named = await runNode([bin, 'config', 'path'], { ...home.env, OPENCLAW_CONFIG: own })
  assert.equal(named.stdout, `${own}\n`)
  assert.deepEqual(JSON.parse((await home.run('config', 'path', '--json')).stdout), {
    file: home.configFile,
    exists: false,
    stateDir: join(home.folder, 'state', 'openclaw'),
    databaseFile: home.databaseFile,
    logFile: join(home.folder, 'state', 'openclaw', 'logs', 'gateway.log'),
  })
})

test('config validate ends in 0 for a valid file, and for none', async () => {
  using home = makeHome()
  assert.deepEqual(await home.run('config', 'validate'), {
    code: 0,
    stdout: 'There is no config file: everything has its default.\n',
    stderr: '',
  })
  home.writeConfig('{ api: { port: 8080 } }')
  assert.deepEqual(await home.run('config', 'validate'), {
    code: 0,
    stdout: `${home.configFile} is valid.\n`,
    stderr: '',
  })
  home.writeConfig('{ port: 8080 }')
  assert.deepEqual(await home.run('config', 'validate'), {
    code: 0,
    stdout: `${home.configFile} is valid, with 1 warning.\n`,
    stderr: 'openclaw.json5:1:3  warning: port: unknown key, ignored. Did you mean api.port?\n',
  })
})

test('config validate ends in 1 and prints every problem with its place', async () => {
  using home = makeHome()
  home.writeConfig('{\n  "api": {\n    "port": "abc",\n    "hots": 1,\n    "enabled": 1\n  }\n}')
  const lines = [
    'openclaw.json5:3:13  api.port: found "abc" (a string); expected a whole number from 1 to 65535.',
    'openclaw.json5:4:5  warning: api.hots: unknown key, ignored. Did you mean api.host?',
    'openclaw.json5:5:16  api.enabled: found 1 (a number); expected true or false.',
  ]
  assert.deepEqual(await home.run('config', 'validate'), {
    code: 1,
    stdout: '',
    stderr: `${[...lines, '2 errors, 1 warning.'].join('\n')}\n`,
  })
  const json = await home.run('config', 'validate', '--json')
  assert.equal(json.code, 1)
  const { valid, file, problems } = JSON.parse(json.stdout)
  assert.equal(valid, false)
  assert.equal(file, home.configFile)
  assert.deepEqual(problems[0], {
    file: home.configFile,
    line: 3,
    column: 13,
    path: 'api.port',
    severity: 'error',
    sentence: 'found "abc" (a string); expected a whole number from 1 to 65535.',
  })
})

test('a file that was named and is not there is an error for every command that reads it', async () => {
  using home = makeHome()
  const none = join(home.folder, 'none.json5')
  const lines = [['token', 'list'], ['status'], ['models'], ['logs'], ['skills', 'list'], ['webhook', 'list']]
  for (const line of [...lines, ['backup', join(home.folder, 'copy')]]) {
    assert.deepEqual(await home.run(...line, '--config', none), {
      code: 2,
      stdout: '',
      stderr: `openclaw: There is no file ${none}.\nTry: openclaw config path\n`,
    })
  }
  const { code, stderr } = await runNode([bin, 'status'], { ...home.env, OPENCLAW_CONFIG: none })
  assert.equal(code, 2)
  assert.match(stderr, /There is no file .*none\.json5, which OPENCLAW_CONFIG names\./)
  assert.deepEqual(await home.run('config', 'validate', '--config', none), {
    code: 1,
    stdout: '',
    stderr: `${none}  there is no such file.\n1 error, 0 warnings.\n`,
  })
})

test('an unusable port in the environment is a problem of the config, and no matter to the tokens', async () => {
  using home = makeHome()
  const env = { ...home.env, OPENCLAW_GATEWAY_PORT: 'abc' }
  const validate = await runNode([bin, 'config', 'validate'], env)
  assert.equal(validate.code, 1)
  assert.match(
    validate.stderr,
    /^environment {2}OPENCLAW_GATEWAY_PORT: found "abc"; expected a whole number from 1 to 65535\.\n/,
  )
  writeFileSync(join(home.folder, 'x'), '')
  for (const line of [
    ['token', 'list'],
    ['skills', 'list'],
    ['webhook', 'list'],
  ]) {
    assert.equal((await runNode([bin, ...line], env)).code, 0, line.join(' '))
  }
  for (const line of [['status'], ['models'], ['gateway']]) {
    const { code, stderr } = await runNode([bin, ...line], env)
    assert.equal(code, 2, line.join(' '))
    assert.match(stderr, /OPENCLAW_GATEWAY_PORT: found "abc"/)
    assert.doesNotMatch(stderr, /file/)
  }
})

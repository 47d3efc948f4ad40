import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { bin, makeHome, runNode } from './support.ts'

test('without arguments and with --help it prints the same help, on stdout', async () => {
  using home = makeHome()
  const bare = await home.run()
  assert.equal(bare.code, 0)
  assert.equal(bare.stderr, '')
  for (const word of [
    'gateway',
    'token',
    'config',
    '--config <file>',
    '--version',
    'Examples:',
    'Exit codes:',
  ]) {
    assert.ok(bare.stdout.includes(word), word)
  }
  assert.deepEqual(await home.run('--help'), bare)
  assert.deepEqual(await home.run('help'), bare)
})

test('help fits into 80 columns and shows an example for every command', async () => {
  using home = makeHome()
  const commands = [
    '',
    'gateway',
    'token',
    'token create',
    'token list',
    'token rotate',
    'token revoke',
    'config',
    'config validate',
    'config path',
  ]
  for (const command of commands) {
    const { code, stdout } = await home.run(...command.split(' ').filter((word) => word !== ''), '--help')
    assert.equal(code, 0, command)
    assert.match(stdout, new RegExp(`Examples:\n  openclaw ${command}`), command)
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
      command,
    )
  }
})

test('help shows a command of a group too, and runs nothing of what it is asked about', async () => {
  using home = makeHome()
  const { stdout } = await home.run('token', 'create', '--help')
  for (const line of [
    ['help', 'token', 'create'],
    ['token', 'help', 'create'],
    ['help', 'token', 'create', '--name', 'a', '--scope', 'chat'],
  ]) {
    assert.deepEqual(await home.run(...line), { code: 0, stdout, stderr: '' }, line.join(' '))
  }
  assert.equal(existsSync(home.databaseFile), false)
})

test('in a clone, commands are named as they are called there', async () => {
  using home = makeHome()
  const root = join(import.meta.dirname, '..', '..')
  const lines = [['tokn'], ['status'], ['token', 'list'], ['token', '--help']]
  for (const line of lines) {
    for (const [cwd, PATH, name] of [
      [root, `${root}/node_modules/.bin`, /(?<!\w)npx openclaw /],
      [tmpdir(), '', /(?<!npx )openclaw /],
      // It is installed beside.
      [root, join(home.folder, 'bin'), /(?<!npx )openclaw /],
    ] as const) {
      mkdirSync(join(home.folder, 'bin'), { recursive: true })
      writeFileSync(join(home.folder, 'bin', 'openclaw'), '')
      const child = spawn(process.execPath, [bin, ...line], {
        env: { ...home.env, PATH },
        cwd,
        timeout: 90_000,
      })
      const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
      assert.match(out + error, name, `${line.join(' ')} in ${cwd}`)
      assert.doesNotMatch(out + error, /npx npx|npx openclaw:/)
    }
  }
})

test('--version prints the version of package.json', async () => {
  using home = makeHome()
  const { version } = JSON.parse(readFileSync(join(bin, '..', '..', 'package.json'), 'utf8'))
  assert.deepEqual(await home.run('--version'), { code: 0, stdout: `${version}\n`, stderr: '' })
})

const wrong: readonly (readonly [args: readonly string[], message: string, line: string])[] = [
  [['tokn', 'list'], "unknown command 'tokn' (Did you mean token?)", 'openclaw token list'],
  [['token', 'lst', '--json'], "unknown command 'lst' (Did you mean list?)", 'openclaw token list --json'],
  [['frobnicate'], "unknown command 'frobnicate'", 'openclaw --help'],
  [['help', 'nope'], "unknown command 'nope'", 'openclaw --help'],
  [['help', 'tokn'], "unknown command 'tokn' (Did you mean token?)", 'openclaw help token'],
  [
    ['help', 'token', 'crate'],
    "unknown command 'crate' (Did you mean create?)",
    'openclaw help token create',
  ],
  [
    ['webhook', 'replay', 'whd_x', '--since', '1d'],
    'Give the id of a delivery, or an endpoint with --endpoint and --since.',
    'openclaw webhook replay --endpoint crm --since 1d',
  ],
  [['--verion'], "unknown option '--verion' (Did you mean --version?)", 'openclaw --version'],
  [
    ['token', 'create', '--nam', 'my app', '--scope', 'chat'],
    "unknown option '--nam' (Did you mean --name?)",
    "openclaw token create --name 'my app' --scope chat",
  ],
  [
    ['token', 'create'],
    '--name and --scope must be given.',
    'openclaw token create --name my-app --scope chat,send,read --expires 90d',
  ],
  [
    ['token', 'create', '--name', "it's"],
    '--scope must be given.',
    "openclaw token create --name 'it'\\''s' --scope chat,send,read --expires 90d",
  ],
  [
    ['token', 'create', '--name', 'a', '--scope', 'chat, sned'],
    'There is no scope "sned". Did you mean "send"?',
    'openclaw token create --name a --scope chat,send --expires 90d',
  ],
  [
    ['token', 'create', '--name', 'a', '--scope', ','],
    'A token needs at least one scope of chat, send, read, admin.',
    'openclaw token create --name a --scope chat,send,read --expires 90d',
  ],
  [
    ['token', 'create', '--name', ' a', '--scope', 'chat'],
    'A name has 1 to 64 characters, no line breaks, and no spaces at its ends.',
    'openclaw token create --name my-app --scope chat --expires 90d',
  ],
  [
    ['token', 'create', '--name', 'a', '--scope', 'chat', '--expires', 'soon'],
    '"soon" is no time to expire. Write 30d, 12h, never, or a date such as 2026-12-31.',
    'openclaw token create --name a --scope chat --expires 90d',
  ],
  [
    ['token', 'create', '--name'],
    "option '--name <name>' argument missing",
    'openclaw token create --name "my-app" --scope "chat,send,read"',
  ],
  [['token', 'rotate'], "missing required argument 'token'", 'openclaw token rotate my-app'],
  [['token', 'revoke'], "missing required argument 'token'", 'openclaw token revoke my-app'],
  [
    ['token', 'list', 'extra'],
    "too many arguments for 'list'. Expected 0 arguments but got 1: extra.",
    'openclaw token list',
  ],
  [
    ['gateway', '--port', '70000'],
    "option '--port <number>' argument '70000' is invalid. Expected a whole number from 1 to 65535, or 0 for a free port.",
    'openclaw gateway --port 18789',
  ],
  [['config', 'validate', '--config'], "option '--config <file>' argument missing", 'openclaw --help'],
]

for (const [args, message, line] of wrong) {
  test(`wrong arguments end in 2 and the line that would be right: ${args.join(' ')}`, async () => {
    using home = makeHome()
    assert.deepEqual(await home.run(...args), {
      code: 2,
      stdout: '',
      stderr: `openclaw: ${message}\nTry: ${line}\n`,
    })
  })
}

test('a group of commands without a command shows its help on stderr and ends in 2', async () => {
  using home = makeHome()
  for (const group of ['token', 'config']) {
    const { code, stdout, stderr } = await home.run(group)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, new RegExp(`^Usage: openclaw ${group}`))
  }
})

test('a reader that goes away is no error', async () => {
  using home = makeHome()
  const child = spawn(process.execPath, [bin, '--help'], {
    env: home.env,
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.equal(stderr, '')
  assert.equal(child.exitCode, 0)
})

test('a Node that is too old is told what is needed and how to get it', async () => {
  using home = makeHome()
  const older =
    "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.11.1'}})"
  assert.deepEqual(await runNode(['--import', older, bin, 'token', 'list'], home.env), {
    code: 1,
    stdout: '',
    stderr: [
      `OpenClaw Gateway needs Node.js 24 or later; this is 20.11.1 (${process.execPath}).`,
      'In a clone, "npm ci" brings one along, and "npm start" and "npx openclaw" use it. Elsewhere: https://nodejs.org',
      '',
    ].join('\n'),
  })
})

test('the launcher holds no syntax that an old Node cannot read', () => {
  const code = readFileSync(bin, 'utf8').replaceAll(/\/\/.*$/gm, '')
  assert.doesNotMatch(code, /^\s*(?:import|export)\b|\?\.|\?\?|\|\|=|import\.meta|^await\b|#\w|\bstatic\b/m)
})

test('an installed package, which has no sources, runs what was built from them', async () => {
  using home = makeHome()
  const folder = join(home.folder, 'package')
  for (const part of ['bin', 'dist', 'src']) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'dist', 'main.js'), "console.log('built', process.argv.slice(2).join())\n")
  copyFileSync(bin, join(folder, 'bin', 'openclaw.js'))
  const installed = join(folder, 'bin', 'openclaw.js')
  assert.deepEqual(await runNode([installed, 'a', 'b'], home.env), {
    code: 0,
    stdout: 'built a,b\n',
    stderr: '',
  })
  writeFileSync(join(folder, 'src', 'main.ts'), "import './missing.ts'\n")
  const broken = await runNode([installed], home.env)
  assert.equal(broken.code, 1)
  assert.match(broken.stderr, /^openclaw: Cannot find module .*missing\.ts/)
})

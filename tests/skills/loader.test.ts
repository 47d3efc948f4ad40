import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { ListedSkill } from '../../src/domain/skills/list-skills.ts'
import { listSkills } from '../../src/domain/skills/list-skills.ts'
import type { SkillSettings } from '../../src/skills/settings.ts'
import { bundledSkillsDir, SkillFolders } from '../../src/skills/skill-folders.ts'
import { eventually } from '../support/eventually.ts'
import { skillText, writeSkill } from './support.ts'

const stack = new AsyncDisposableStack()
after(() => stack.disposeAsync())

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'openclaw-skills-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  return dir
}

function shelfOf(
  dirs: readonly string[],
  settings: Partial<SkillSettings> = {},
  bundledDir = '/nowhere',
): SkillFolders {
  return stack.use(
    new SkillFolders({
      bundledDir,
      settings: () => ({ dirs, entries: {}, env: {}, ...settings }),
      monotonic: () => performance.now(),
      log: () => undefined,
    }),
  )
}

async function rowOf(shelf: SkillFolders, name: string): Promise<ListedSkill> {
  const row = (await listSkills(shelf)).find((skill) => skill.name === name)
  assert.ok(row, `no skill ${name}`)
  return row
}

describe('skills on disk', () => {
  it('a broken one is listed under the name of its folder with the reason, and breaks nothing', async () => {
    const dir = await folder()
    await writeSkill(dir, 'good')
    const outside = await folder()
    await writeSkill(outside, 'secret', skillText('secret'))
    const broken: Readonly<Record<string, readonly [text: string, reason: RegExp]>> = {
      bare: ['# Just words', /does not begin with a frontmatter/],
      open: ['---\nname: open\n', /does not begin with a frontmatter/],
      yaml: ['---\nname: [\n---\nText', /no YAML/],
      list: ['---\n- a\n---\nText', /without fields/],
      nameless: ['---\ndescription: x\n---\nText', /has no name/],
      spaced: ['---\nname: a b\ndescription: x\n---\nText', /name that is not/],
      number: ['---\nname: 7\ndescription: x\n---\nText', /name that is no text/],
      silent: ['---\nname: silent\n---\nText', /has no description/],
      wordy: [`---\nname: wordy\ndescription: ${'x'.repeat(1025)}\n---\nText`, /more than 1024/],
      empty: ['---\nname: empty\ndescription: x\n---\n \n', /no instructions/],
      huge: [skillText('huge', 'x'.repeat(66_000)), /larger than 65536 bytes/],
      binary: ['---\nname: binary\ndescription: x\n---\n\0', /no text in UTF-8/],
      bomb: [
        `---\nname: bomb\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n---\nText`,
        /no YAML/,
      ],
      requires: [
        skillText('requires', 'x', 'metadata: {openclaw: {requires: {bins: [{}]}}}\n'),
        /requires\.bins/,
      ],
      program: [
        skillText('program', 'x', 'metadata: {openclaw: {requires: {bins: ["../sh"]}}}\n'),
        /requires\.bins/,
      ],
    }
    for (const [name, [text]] of Object.entries(broken)) await writeSkill(dir, name, text)
    await symlink(join(outside, 'secret'), join(dir, 'linked'))
    await mkdir(join(dir, 'leaking'))
    await symlink(join(outside, 'secret', 'SKILL.md'), join(dir, 'leaking', 'SKILL.md'))
    await mkdir(join(dir, 'small'))
    await writeFile(join(dir, 'small', 'skill.md'), skillText('small'))
    await mkdir(join(dir, 'folder', 'SKILL.md'), { recursive: true })
    await mkdir(join(dir, 'nothing'))
    await writeSkill(dir, '.hidden')

    const shelf = shelfOf([dir])
    for (const [name, [, reason]] of Object.entries(broken)) {
      const row = await rowOf(shelf, name)
      assert.equal(row.eligible, false, name)
      assert.match(row.reason ?? '', reason)
    }
    assert.match((await rowOf(shelf, 'linked')).reason ?? '', /behind a link that leads out/)
    assert.match((await rowOf(shelf, 'leaking')).reason ?? '', /leads out of its folder/)
    assert.match((await rowOf(shelf, 'small')).reason ?? '', /capitals/)
    assert.match((await rowOf(shelf, 'folder')).reason ?? '', /is no file/)
    assert.deepEqual(await rowOf(shelf, 'good'), {
      name: 'good',
      description: 'Does good.',
      enabled: true,
      eligible: true,
      reason: null,
      source: dir.split('/').at(-1),
    })
    const names = (await listSkills(shelf)).map(({ name }) => name)
    assert.equal(names.length, Object.keys(broken).length + 5)
    const offer = await shelf.offer()
    assert.deepEqual(
      offer?.skills.map(({ name }) => name),
      ['good'],
      'nothing broken is offered',
    )
  })

  it('requirements: a program on the PATH, a variable of the environment or of the config', async () => {
    const dir = await folder()
    const bin = await folder()
    await writeSkill(
      dir,
      'tooled',
      skillText(
        'tooled',
        'x',
        'metadata:\n  openclaw:\n    requires:\n      bins: [our-tool]\n      env: [OUR_KEY]\n',
      ),
    )
    let now = 0
    const env = { PATH: `/nowhere:${bin}` }
    const entries: Record<string, { enabled: boolean; env: Record<string, string> }> = {}
    const shelf = stack.use(
      new SkillFolders({
        bundledDir: '/nowhere',
        settings: () => ({ dirs: [dir], entries, env }),
        monotonic: () => now,
        log: () => undefined,
      }),
    )
    assert.deepEqual(
      (await rowOf(shelf, 'tooled')).reason,
      'The program our-tool is not on the PATH; the variable OUR_KEY is not set.',
    )
    await writeFile(join(bin, 'our-tool'), '#!/bin/sh\n')
    now += 6000
    assert.match((await rowOf(shelf, 'tooled')).reason ?? '', /our-tool/, 'it cannot be run yet')
    await chmod(join(bin, 'our-tool'), 0o755)
    entries.tooled = { enabled: true, env: { OUR_KEY: 'x' } }
    shelf.changed()
    assert.deepEqual((await rowOf(shelf, 'tooled')).eligible, true)
    await rm(join(bin, 'our-tool'))
    shelf.changed()
    assert.equal((await rowOf(shelf, 'tooled')).reason, 'The program our-tool is not on the PATH.')
  })

  it('one’s own skill takes the place of a bundled one of its name, a later folder that of an earlier', async () => {
    const [first, second] = [await folder(), await folder()]
    await writeSkill(first, 'ticket-first-reply')
    await writeSkill(first, 'same', skillText('same').replace('Does same', 'From the first'))
    await writeSkill(second, 'same', skillText('same').replace('Does same', 'From the second'))
    const shelf = shelfOf([first, second], {}, bundledSkillsDir)
    assert.equal((await rowOf(shelf, 'ticket-first-reply')).description, 'Does ticket-first-reply.')
    assert.equal((await rowOf(shelf, 'same')).description, 'From the second.')
    assert.equal((await listSkills(shelf)).filter(({ name }) => name === 'same').length, 1)
  })

  it('of two of one name in one folder the second is refused', async () => {
    const dir = await folder()
    await writeSkill(dir, 'a', skillText('same'))
    await writeSkill(dir, 'b', skillText('same'))
    const row = await rowOf(shelfOf([dir]), 'b')
    assert.equal(row.reason, 'Its name is that of the skill in a, same.')
  })

  it('the bundled ones are in order, and off', async () => {
    const rows = await listSkills(shelfOf([], {}, bundledSkillsDir))
    assert.deepEqual(
      rows.map(({ name, eligible, enabled, source }) => [name, eligible, enabled, source]),
      ['customer-feedback-classification', 'plain-language-summary', 'ticket-first-reply'].map((name) => [
        name,
        true,
        false,
        'bundled',
      ]),
    )
    for (const { description } of rows) assert.match(description, /Use it when/)
  })

  it('line ends and byte order marks of other systems are read', async () => {
    const dir = await folder()
    await writeSkill(dir, 'windows', `\uFEFF${skillText('windows')}`.replaceAll('\n', '\r\n'))
    assert.equal((await rowOf(shelfOf([dir]), 'windows')).eligible, true)
  })

  it('where nothing has changed nothing is read, and nobody waits', async () => {
    const dir = await folder()
    await writeSkill(dir, 'good')
    const shelf = shelfOf([dir])
    const first = await shelf.offer()
    const second = shelf.offer()
    assert.ok(!(second instanceof Promise))
    assert.equal(second, first)
  })

  it('a folder that is not there yet is seen to come', async () => {
    const dir = join(await folder(), 'later')
    const shelf = shelfOf([dir])
    assert.equal(await shelf.offer(), undefined)
    await writeSkill(dir, 'good')
    await eventually('the folder to be seen', () => shelf.offer())
  })
})

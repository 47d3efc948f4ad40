import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { guideMarkup, readGuides } from '../../src/http/guides.ts'
import { readPages, root } from './support/blocks.ts'

test('every link in what users read leads to a file that there is', () => {
  for (const { name, text } of readPages()) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
      assert.ok(existsSync(join(root, dirname(name), target)), `${name} -> ${target}`)
  }
})

test('every link to a place on a page leads to a heading that there is', async () => {
  const pages = new Map<string, string>()
  for (const guide of readGuides()) pages.set(guide.name, (await guideMarkup(guide)).text)
  for (const [name, page] of pages) {
    for (const [, target = name, place = ''] of page.matchAll(/href="(?:\/docs\/([\w-]+))?#([^"]+)"/g))
      assert.ok(pages.get(target)?.includes(`id="${place}"`), `${name} -> ${target}#${place}`)
  }
})

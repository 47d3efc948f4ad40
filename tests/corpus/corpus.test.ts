import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  countFlagged,
  hygienePage,
  isHeldOut,
  readCorpus,
  total,
  withFigures,
} from '../../scripts/measure-prompt-detection.ts'

const injections = readCorpus('injections')
const benign = readCorpus('benign')

test('the published figures are those of the present rules', () => {
  const page = readFileSync(hygienePage, 'utf8')
  assert.equal(
    page,
    withFigures(page),
    'docs/prompt-hygiene.md is out of date: run node scripts/measure-prompt-detection.ts --write',
  )
})

test('on the held-out half recall stays above, and false alarms below, what was published first', () => {
  const attacks = total(countFlagged(injections.filter(isHeldOut)))
  const worded = total(
    countFlagged(injections.filter((text) => isHeldOut(text) && text.kind !== 'paraphrase')),
  )
  const harmless = total(countFlagged(benign.filter(isHeldOut)))
  assert.ok(attacks.flagged / attacks.texts >= 0.65, `recall ${attacks.flagged} of ${attacks.texts}`)
  assert.ok(
    worded.flagged / worded.texts >= 0.7,
    `recall without paraphrases ${worded.flagged} of ${worded.texts}`,
  )
  assert.ok(
    harmless.flagged / harmless.texts <= 0.02,
    `false alarms ${harmless.flagged} of ${harmless.texts}`,
  )
})

test('the corpus is large enough, has no text twice, and its harmless half is mostly texts that look dangerous', () => {
  assert.ok(injections.length >= 250)
  assert.ok(benign.length >= 250)
  const texts = [...injections, ...benign].map(({ text }) => text)
  assert.equal(new Set(texts).size, texts.length)
  const plain = ['everyday', 'scripts-and-emoji']
  assert.ok(benign.filter(({ kind }) => !plain.includes(kind)).length >= 100)
})

test('each half has between two and three fifths of the texts', () => {
  for (const texts of [injections, benign]) {
    const share = texts.filter(isHeldOut).length / texts.length
    assert.ok(share > 0.4 && share < 0.6)
  }
})

test('the files of the corpus hold no invisible character themselves', () => {
  for (const name of ['injections', 'benign']) {
    const file = readFileSync(`${import.meta.dirname}/${name}.jsonl`, 'utf8')
    assert.doesNotMatch(file, /\p{Default_Ignorable_Code_Point}/u)
  }
})

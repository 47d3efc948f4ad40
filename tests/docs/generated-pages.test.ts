import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { clientTypes, clientTypesFile } from '../../scripts/generate-client-types.ts'
import { commandLineFile, commandLinePage } from '../../scripts/generate-command-line.ts'
import { errorPage, errorPageFile } from '../../scripts/generate-error-page.ts'
import { eventPage, eventPageFile } from '../../scripts/generate-event-page.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { webhookEvents } from '../../src/http/schemas/webhook-events.ts'

const pages = [
  ['the command line', commandLineFile, commandLinePage],
  ['errors', errorPageFile, errorPage],
  ['webhook events', eventPageFile, eventPage],
  ["the Node client's types", clientTypesFile, clientTypes],
] as const

for (const [name, file, make] of pages) {
  test(`what is generated of ${name} is what the program says now`, () => {
    assert.equal(readFileSync(file, 'utf8'), make(), `${file} is out of date: run npm run reference`)
  })
}

test('the page of the command line says what each exit code means', () => {
  for (const code of Object.values(exitCodes))
    assert.match(commandLinePage(), new RegExp(`^\\| ${code} \\| \\w`, 'm'))
})

test('the page of events has a section with an example and its data for each event', () => {
  const page = eventPage()
  for (const name of Object.keys(webhookEvents)) {
    const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? ''
    assert.match(section, new RegExp(`"event": "${name.replace('.', '\\.')}"`), name)
    assert.match(section, /^\| `\w+` \| \w+/m, name)
  }
})

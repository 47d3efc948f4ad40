import { existsSync } from 'node:fs'
import { delimiter, join, relative, resolve, sep } from 'node:path'
import { environment } from '../config/environment.ts'

/** Returns a text for people with `npx` before each command of this program where nothing else would find it: in a clone of it. */
export function asCalled(text: string): string {
  return command.test(text) && isFoundByNpxAlone() ? text.replaceAll(commands, 'npx $&') : text
}

// `openclaw` and its first word; not a part of a path, nor what has its `npx` already.
const command = /(?<![\w/.-]|npx )openclaw (?=[a-z<-])/
const commands = new RegExp(command, 'g')

const root = resolve(import.meta.dirname, '..', '..')

function isFoundByNpxAlone(): boolean {
  const way = relative(root, process.cwd())
  const isInside = way !== '..' && !way.startsWith(`..${sep}`)
  // A package that was installed has no sources.
  if (!isInside || !existsSync(join(root, 'src', 'main.ts'))) return false
  const folders = (environment().PATH ?? '').split(delimiter)
  // npx puts folders of its own in front, for this one command.
  return !folders.some((folder) => !/[\\/]\.bin[\\/]?$/.test(folder) && existsSync(join(folder, 'openclaw')))
}

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** The repository. */
export const root: string = resolve(import.meta.dirname, '..', '..', '..')

/** A fenced block of a page. */
export interface Block {
  readonly language: string
  readonly text: string
  /** The page and the line that the text begins on, for example `docs/chat.md:12`. */
  readonly place: string
  /** Why it is not run, where a comment `<!-- not run: why -->` stands before it. */
  readonly notRun: string | undefined
}

/** A page of the documentation. */
export interface Page {
  /** From the repository's root. */
  readonly name: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** Returns every page that a user reads. */
export function readPages(): readonly Page[] {
  const folders = ['docs', 'docs/reference', ...among('clients'), ...among('examples')]
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(root, folder, file)),
  )
  return [join(root, 'README.md'), ...files].map((file) => {
    const [name, text] = [relative(root, file), readFileSync(file, 'utf8')]
    return { name, text, blocks: blocksOf(name, text) }
  })
}

function among(folder: string): readonly string[] {
  return readdirSync(join(root, folder)).map((name) => join(folder, name))
}

/** Returns the blocks of a Markdown text, those inside lists too. */
export function blocksOf(name: string, text: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly indent: string; readonly language: string; readonly from: number } | undefined
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    const fence = /^( *)```(\S*)$/.exec(line)
    if (!fence) continue
    const [, indent = '', language = ''] = fence
    if (!open) {
      open = { indent, language, from: index + 1 }
      continue
    }
    if (indent !== open.indent || language !== '') continue
    const { from } = open
    const inside = lines.slice(from, index).map((each) => each.slice(indent.length))
    const before = lines.slice(0, from - 1).findLast((each) => each.trim() !== '')
    blocks.push({
      language: open.language,
      text: `${inside.join('\n')}\n`,
      place: `${name}:${from + 1}`,
      notRun: /^ *<!-- not run: (.+) -->$/.exec(before ?? '')?.[1],
    })
    open = undefined
  }
  if (open) throw new Error(`${name}: a block that begins on line ${open.from} has no end`)
  return blocks
}

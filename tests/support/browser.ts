import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromiumPack from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

// The package is made for servers that take pictures of pages: it switches off what tests are about, and closes with its first page.
const unsafe = [
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--single-process',
  '--no-zygote',
]

/** Starts a browser that guards pages as everybody's does, and ends with the stack. */
export async function useBrowser(stack: AsyncDisposableStack): Promise<Browser> {
  // The browser unpacks itself into the folder for temporary files.
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-browser-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  process.env.TMPDIR = folder
  const executablePath = await chromiumPack.executablePath()
  const args = chromiumPack.args.filter((arg) => !unsafe.includes(arg))
  const browser = await chromium.launch({ executablePath, args })
  stack.defer(() => browser.close())
  return browser
}

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

const canMount = works('unshare', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt')
const canLimit = works('prlimit', '--fsize=1000000:', 'true')

describe('a disk that is full', () => {
  it('refuses in words what it cannot hold, keeps what it acknowledged, and is written again when there is room', {
    skip: canMount ? false : 'needs user namespaces to mount a small disk',
  }, async (t) => {
    const folder = temporaryFolder(t)
    const mount = 'mount -t tmpfs -o size=3m tmpfs "$1" && shift && exec "$@"'
    const launcher = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh', folder]
    // By its whole name: else `mount` adds options of who made it, which it refuses where that is not root.
    const room = ['mount', '-t', 'tmpfs', '-o', 'remount,size=30m', 'tmpfs', folder]
    const sentence = 'The disk that holds the database is full: free some space'
    const program = startProgram(t, 'fill-the-disk.ts', [folder, sentence, ...room], { launcher })
    assert.equal(await program.next(), 'well again')
  })

  it('is told from a limit on the size of files, which is survived as well', {
    skip: canLimit ? false : 'needs prlimit to limit the size of files',
  }, async (t) => {
    const launcher = ['prlimit', '--fsize=1000000:']
    const room = ['prlimit', '--pid', 'PID', '--fsize=unlimited:']
    const sentence = 'The disk that holds the database fails to read or write: check the disk, its quota and'
    const program = startProgram(t, 'fill-the-disk.ts', [temporaryFolder(t), sentence, ...room], { launcher })
    assert.equal(await program.next(), 'well again')
  })
})

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0
}

import { spawnSync } from 'node:child_process'

/** Says why a test that needs a command is skipped: false where it is there, and in CI, where it must be. */
export function skippedWithout(command: string): string | false {
  const isThere = spawnSync(command, ['-v'], { stdio: 'ignore' }).error === undefined
  return isThere || process.env.CI === 'true' ? false : `${command} is not installed`
}

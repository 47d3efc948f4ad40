import type { Command } from 'commander'
import type { BackupOptions } from './backup.ts'
import { type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw backup`. */
export function addBackupCommand(program: Command, setExitCode: SetExitCode): void {
  const backup = program
    .command('backup')
    .description('copy the data of the gateway, also of one that runs, into a new folder')
    .argument('<folder>', 'a folder that is new or empty; with --restore one that holds a backup')
    .option('--restore', 'put that backup in place; the gateway must be stopped')
    .option('--json', 'print JSON')
    .action(async (folder: string) => {
      const { backupCommand } = await import('./backup.ts')
      setExitCode(await backupCommand(folder, backup.optsWithGlobals<BackupOptions>()))
    })
  withExamples(backup, 'openclaw backup ./backup-2026-04-09', 'openclaw backup ./backup-2026-04-09 --restore')
}

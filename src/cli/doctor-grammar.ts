import type { Command } from 'commander'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw doctor`. */
export function addDoctorCommand(program: Command, setExitCode: SetExitCode): void {
  const doctor = program
    .command('doctor')
    .description('look at config, permissions, tokens, clock, disk, database and providers; changes nothing')
    .option('--json', 'print JSON')
    .action(async () => {
      const { doctorCommand } = await import('./doctor.ts')
      setExitCode(await doctorCommand(doctor.optsWithGlobals<JsonOptions>()))
    })
  withExamples(doctor, 'openclaw doctor', 'openclaw doctor --json')
}

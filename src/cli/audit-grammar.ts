import type { Command } from 'commander'
import type { AuditExportOptions } from './audit-export.ts'
import type { AuditListOptions } from './audit-list.ts'
import type { AuditVerifyOptions } from './audit-verify.ts'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw audit list|verify|export|checkpoint|key`. */
export function addAuditCommands(program: Command, setExitCode: SetExitCode): void {
  const audit = program
    .command('audit')
    .description('see, verify and export the record of all calls, whether the gateway runs or not')
    .helpCommand(false)
  withExamples(
    audit,
    'openclaw audit list',
    'openclaw audit verify',
    'openclaw audit export --output audit.jsonl',
  )
  addList(audit, setExitCode)
  addVerify(audit, setExitCode)
  addExport(audit, setExitCode)
  addCheckpoint(audit, setExitCode)
  addKey(audit, setExitCode)
}

function addList(audit: Command, setExitCode: SetExitCode): void {
  const list = audit
    .command('list')
    .description('list who did what, newest first')
    .option('--limit <number>', 'how many, 1 to 1000', '20')
    .option('--token <name>', 'only what the token with this name or id did')
    .option('--status <status>', 'only calls with this status, for example 404 or 4xx')
    .option('--since <time>', 'only what came since, for example 30m, 1h, 2d or a date')
    .option('--json', 'print JSON')
    .action(async () => {
      const { auditList } = await import('./audit-list.ts')
      setExitCode(await auditList(list.optsWithGlobals<AuditListOptions>()))
    })
  withExamples(
    list,
    'openclaw audit list --status 4xx --since 1h',
    'openclaw audit list --token my-app --json',
  )
}

function addVerify(audit: Command, setExitCode: SetExitCode): void {
  const verify = audit
    .command('verify')
    .description('check that no record was changed, removed or put in: exit code 0 if not, 1 if so')
    .option('--public-key <file>', 'trust this key in place of the one here; can be given again', collect, [])
    .option('--checkpoints <file>', 'also hold these checkpoints against the records', collect, [])
    .option('--json', 'print JSON')
    .action(async () => {
      const { auditVerify } = await import('./audit-verify.ts')
      setExitCode(await auditVerify(verify.optsWithGlobals<AuditVerifyOptions>()))
    })
  withExamples(
    verify,
    'openclaw audit verify',
    'openclaw audit verify --public-key kept-elsewhere.pem --checkpoints kept-elsewhere.jsonl',
  )
}

function addExport(audit: Command, setExitCode: SetExitCode): void {
  const exporting = audit
    .command('export')
    .description('write all records out, oldest first, with their hashes')
    .option('--since <time>', 'only what came since, for example 1h, 30d or a date')
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .option('--output <file>', 'write to this file and not to the terminal')
    .action(async () => {
      const { auditExportCommand } = await import('./audit-export.ts')
      setExitCode(await auditExportCommand(exporting.optsWithGlobals<AuditExportOptions>()))
    })
  withExamples(
    exporting,
    'openclaw audit export --since 30d --output audit.jsonl',
    'openclaw audit export --format csv > audit.csv',
  )
}

function addCheckpoint(audit: Command, setExitCode: SetExitCode): void {
  const checkpoint = audit
    .command('checkpoint')
    .description('sign where the records stand now and print that, to be kept elsewhere')
    .action(async () => {
      const { auditCheckpoint } = await import('./audit-checkpoint.ts')
      setExitCode(await auditCheckpoint())
    })
  withExamples(checkpoint, 'openclaw audit checkpoint')
}

function addKey(audit: Command, setExitCode: SetExitCode): void {
  const key = audit
    .command('key')
    .description('print the public key that checkpoints are signed by, to be kept elsewhere')
    .option('--json', 'print JSON')
    .action(async () => {
      const { auditKey } = await import('./audit-checkpoint.ts')
      setExitCode(auditKey(key.optsWithGlobals<JsonOptions>()))
    })
  withExamples(key, 'openclaw audit key')
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

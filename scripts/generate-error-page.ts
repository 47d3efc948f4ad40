import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodeOf } from '../src/cli/exit-codes.ts'
import { type ErrorCode, statusOfCode } from '../src/domain/errors.ts'
import { errorMeanings } from '../src/http/docs-page/errors-section.ts'

/** Where the page stands in the repository. */
export const errorPageFile: string = join(import.meta.dirname, '..', 'docs', 'reference', 'errors.md')

/** Returns the page on errors, made from the closed list of codes and what each means. */
export function errorPage(): string {
  const codes = Object.entries(statusOfCode).map(([code, status]) => ({ code, status }))
  const index = codes.map(({ code, status }) => `| ${status} | [\`${code}\`](#${code}) |`)
  const sections = codes.flatMap(({ code }) => (isCode(code) ? [section(code)] : []))
  return `${[intro, ['| status | code |', '| ---: | --- |', ...index].join('\n'), ...sections].join('\n\n')}\n`
}

const intro = `# Errors

<!-- Made from the list of codes by scripts/generate-error-page.ts. Do not edit: run "npm run reference". -->

Every reply that is no success has the same body:

\`\`\`json
{
  "error": "rate_limit_exceeded",
  "message": "Too many requests. Please try again later.",
  "requestId": "req_01M82PPYCK2XC8G0HWD6CTT008",
  "retryAfter": 30
}
\`\`\`

- Switch on \`error\`: the list below is closed. Show \`message\` to people: it says what to do, and never holds a secret.
- \`retryAfter\`, where it stands, is in whole seconds, the same as the header \`Retry-After\`: a request after that time passes.
- \`details\`, where it stands, holds facts for programs, for example the \`field\` that was wrong and the one that was meant (\`didYouMean\`).
- \`requestId\` is also in the header \`X-Request-Id\`, in the log and in the audit: \`openclaw logs | grep req_01M82PPYCK2XC8G0HWD6CTT008\`.
- The header \`Link\` leads to the code's own place on this page.
- In a stream that has begun, the same code comes as the last event: \`{"type":"error","error":…,"message":…,"requestId":…}\`.`

const classOfStatus: Readonly<Record<number, string>> = {
  401: 'AuthenticationError',
  402: 'BudgetExceededError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  409: 'ConflictError',
  429: 'RateLimitError',
}

function section(code: ErrorCode): string {
  const status = statusOfCode[code]
  const kind = classOfStatus[status] ?? (status >= 500 ? 'ServerError' : 'BadRequestError')
  const isRepeated = status === 408 || status === 429 || status >= 500
  const again = isRepeated ? ', after trying twice more by themselves' : ''
  return `## ${code}

Status ${status}. ${errorMeanings[code]}

Our clients throw \`${kind}\`${again}; the command line exits with ${exitCodeOf(code)}.`
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(statusOfCode, code)
}

if (import.meta.main) writeFileSync(errorPageFile, errorPage())

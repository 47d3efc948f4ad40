// Opens and closes the store named by the first argument, and prints "opened" or the error that it threw.
import { GatewayError } from '../../../src/domain/errors.ts'
import { openStore } from '../../../src/store/open-store.ts'

try {
  const store = await openStore({ file: String(process.argv[2]) })
  await store.close()
  process.stdout.write('"opened"\n')
} catch (error) {
  const { code, message } = error instanceof GatewayError ? error : { code: 'none', message: String(error) }
  process.stdout.write(`${JSON.stringify({ code, message })}\n`)
}

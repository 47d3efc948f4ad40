// Holds the gateway lock named by the first argument until it is killed, and drops what it was given for it.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { acquireGatewayLock } from '../../../src/store/gateway-lock.ts'

acquireGatewayLock(String(process.argv[2]))
setFlagsFromString('--expose-gc')
runInNewContext('gc')()
// A finalizer runs after its object is gone.
await new Promise((resolve) => setImmediate(resolve))
process.stdout.write('"held"\n')
process.stdin.resume()

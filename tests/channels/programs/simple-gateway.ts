import { homedir } from 'node:os'
import { loadConfig } from '../../../src/config/load.ts'
import { createGateway } from '../../../src/gateway.ts'
import { SimpleChannel } from '../../support/simple-channel.ts'

// A whole gateway whose channels speak to simple platforms: `configFile`, then a platform's URL for each configured channel by name.
const [configFlag = '', platforms = '{}'] = process.argv.slice(2)
const urls: unknown = JSON.parse(platforms)
const loaded = loadConfig({ configFlag, portFlag: 0, env: process.env, home: homedir() })
const gateway = await createGateway(
  { loaded, env: { OLLAMA_HOST: '127.0.0.1:1' }, version: '0.0.0' },
  {
    createChannel: async ({ name }) => new SimpleChannel(String({ ...Object(urls) }[name]), name),
  },
)
const url = await gateway.listen('127.0.0.1', 0)
process.stdout.write(`Address ${url}\n`)
process.once('SIGTERM', () => void gateway.close(10_000).then(() => process.exit(0)))

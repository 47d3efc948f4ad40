import { OpenClawClient } from './client.ts'
import * as named from './exports.ts'

// `require('openclaw-client')` gives the class itself by the last name (https://nodejs.org/api/modules.html), and so the class has all other
// exports as properties: `const { verifyWebhook } = require('openclaw-client')`. `index.d.cts` tells TypeScript.
Object.assign(OpenClawClient, named)

export * from './exports.ts'
// biome-ignore lint/style/noDefaultExport: what `import OpenClawClient from 'openclaw-client'` expects.
export { OpenClawClient as default, OpenClawClient as 'module.exports' }

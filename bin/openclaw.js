#!/usr/bin/env node
// Old Nodes must be able to read this file, to be told that they are too old: no import statements, no syntax after 2018.
start()

function start() {
  const found = process.versions.node
  if (Number(found.split('.')[0]) < 24) {
    console.error(`OpenClaw Gateway needs Node.js 24 or later; this is ${found} (${process.execPath}).`)
    console.error(
      'In a clone, "npm ci" brings one along, and "npm start" and "npx openclaw" use it. Elsewhere: https://nodejs.org',
    )
    process.exitCode = 1
    return
  }
  silenceSqliteWarning()
  process.getBuiltinModule('node:module').enableCompileCache()
  load().catch((error) => {
    console.error(`openclaw: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  })
}

// A clone has the sources, which Node 24 runs as they stand; an installed package has what was built from them.
function load() {
  return import('../src/main.ts').catch((error) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND' && /\/src\/main\.ts$/.test(String(error.url))) {
      return import('../dist/main.js')
    }
    throw error
  })
}

function silenceSqliteWarning() {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, type, ...rest) => {
    if (type === 'ExperimentalWarning' && /SQLite/.test(String(warning))) return
    emitWarning.call(process, warning, type, ...rest)
  }
}

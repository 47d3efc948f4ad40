// The package's main module loads its fetch, cache, cookie and WebSocket code as well: 55 ms of start and 11 MB that no provider uses.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export = Pool
}

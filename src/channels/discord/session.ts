import type { ChannelLink } from '../../domain/channels/channel.ts'
import { numberAt, parseFields, textAt } from '../fields.ts'
import { isAfter } from './snowflake.ts'

/** A session at Discord's gateway that may be gone on with. */
export interface GatewaySession {
  readonly id: string
  /** Where Discord wants it to be resumed; undefined for the common address. */
  readonly resumeUrl: string | undefined
}

const stateName = 'session'

/**
 * What is kept of the link across restarts: the session, the last event whose messages are all durable, and from where on histories have to
 * be read. It is written beside the messages, never before them: an old place means events a second time, and those are known.
 */
export class SessionMemory {
  session: GatewaySession | undefined
  /** Everything up to this event is durable. */
  sequence = 0
  botId: string | undefined
  /** The newest message of any chat that was seen. */
  seenUntil: string | undefined
  /** The roles that stand for the bot itself. */
  botRoleIds: readonly string[] = []
  /** Messages after this one may have been missed, in every chat that does not know better. */
  historySince: string | undefined
  readonly #link: ChannelLink
  readonly #apiRoot: string
  readonly #rememberMs: number
  #written = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(link: ChannelLink, { apiRoot, rememberMs }: { apiRoot: string; rememberMs: number }) {
    this.#link = link
    this.#apiRoot = apiRoot
    this.#rememberMs = rememberMs
  }

  /** Takes what an earlier process has left. A session of another address is none: our token would go there. */
  async load(): Promise<void> {
    const value = await this.#link.recall(stateName)
    const state = value === undefined ? undefined : parseFields(value)
    if (!state || textAt(state, 'apiRoot') !== this.#apiRoot) return
    const id = textAt(state, 'id')
    if (id !== undefined) this.session = { id, resumeUrl: textAt(state, 'resumeUrl') }
    this.sequence = numberAt(state, 'sequence') ?? 0
    this.botId = textAt(state, 'botId')
    this.botRoleIds = Array.isArray(state.botRoleIds)
      ? state.botRoleIds.filter((id) => typeof id === 'string')
      : []
    this.seenUntil = textAt(state, 'seenUntil')
    this.historySince = textAt(state, 'historySince')
    this.#written = value ?? ''
  }

  /** Discord has forgotten the session: what is said from now on until the next one begins has to be read in the histories. */
  drop(): void {
    if (this.session === undefined) return
    this.session = undefined
    this.sequence = 0
    this.historySince ??= this.seenUntil
  }

  /** A message of any chat was seen. */
  saw(id: string): void {
    if (this.seenUntil === undefined || isAfter(id, this.seenUntil)) this.seenUntil = id
  }

  /** Notes what has changed, soon. */
  note(): void {
    this.#timer ??= setTimeout(() => this.noteNow(), this.#rememberMs)
  }

  /** Notes what has changed, now, where the store lets it: the next change tries again, and until then events come twice at worst. */
  noteNow(): void {
    this.write().catch(() => this.#link.log('warn', 'session not noted'))
  }

  /** Notes what has changed, now; resolves when it is durable. */
  write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const value = JSON.stringify({
      apiRoot: this.#apiRoot,
      id: this.session?.id,
      resumeUrl: this.session?.resumeUrl,
      sequence: this.sequence,
      botId: this.botId,
      botRoleIds: this.botRoleIds,
      seenUntil: this.seenUntil,
      historySince: this.historySince,
    })
    if (value === this.#written) return
    await this.#link.remember({ name: stateName, value })
    this.#written = value
  }
}

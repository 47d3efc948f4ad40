import type { ChannelLink, ChannelState, InboundMessage } from '../../domain/channels/channel.ts'
import type { Fields } from '../fields.ts'
import type { BotIdentity } from './api.ts'
import { RecentTexts } from './edits.ts'
import { parseUpdate } from './parse.ts'

const editMark = '[edited]'

/** Hands updates to the gateway, one after another. */
export class UpdateReceiver {
  readonly #link: ChannelLink
  readonly #texts = new RecentTexts()

  constructor(link: ChannelLink) {
    this.#link = link
  }

  /**
   * Resolves when what an update holds is durable, with `state` where that is not undefined: to true where the state was stored, to false
   * where the update holds nothing and neither was. Rejects where the store fails.
   */
  async take(update: Fields, bot: BotIdentity, state?: ChannelState): Promise<boolean> {
    const parsed = parseUpdate(update, bot, this.#link.clock.now())
    switch (parsed.kind) {
      case 'ignored':
        return false
      case 'moved':
        await this.#link.moveChat(parsed.from, parsed.to)
        return false
      case 'message':
        await this.#link.receive(parsed.message, JSON.stringify(update), state)
        this.#texts.keep(parsed.message)
        return true
      case 'edit': {
        if (this.#texts.isKnown(parsed.message)) return false
        await this.#link.receive(marked(parsed.message), JSON.stringify(update), state)
        this.#texts.keep(parsed.message)
        return true
      }
    }
  }
}

// An edit is answered as a message of its own, in reply to the edited one; the mark tells the model why it hears nearly the same twice.
function marked(message: InboundMessage): InboundMessage {
  return { ...message, text: `${editMark}\n${message.text}` }
}

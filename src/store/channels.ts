import type { ChannelStore } from '../domain/channels/channel-store.ts'
import { chatStatements, chatStore } from './channels-chats.ts'
import { inboxStatements, inboxStore } from './channels-inbox.ts'
import { outboundStatements, outboundStore } from './channels-outbound.ts'
import { pairingStatements, pairingStore } from './channels-pairings.ts'
import type { Reader, Statement, Writer } from './statement.ts'

/** The statements about channels. */
export const channelStatements: readonly Statement[] = [
  ...Object.values(inboxStatements),
  ...Object.values(outboundStatements),
  ...Object.values(pairingStatements),
  ...Object.values(chatStatements),
]

/** Returns the verbs about channels over one reader and one writer. */
export function channelStore(reader: Reader, writer: Writer): ChannelStore {
  return {
    inbox: inboxStore(reader, writer),
    outbox: outboundStore(reader, writer),
    pairings: pairingStore(reader, writer),
    chats: chatStore(reader, writer),
  }
}

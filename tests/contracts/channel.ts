import { describe } from 'node:test'
import type { Channel, ChannelName } from '../../src/domain/channels/channel.ts'
import { answersContract } from '../channels/contract/answers.ts'
import { postingContract } from '../channels/contract/posting.ts'
import { statusContract } from '../channels/contract/status.ts'

/**
 * A channel and the fake platform that it is tested against. A file of an adapter's own tests calls `channelContract({ name, start })`;
 * each test starts a platform of its own, puts a real store and the real core over `createChannel()`, and looks only at what the
 * platform saw. Waits, poll times and back-offs of the adapter must be short (below a second), by its settings or by the fake.
 */
export interface ChannelSubject {
  readonly name: ChannelName
  /** Starts a platform in which nobody has said anything. */
  start(): Promise<PlatformDriver>
}

/** What somebody has said. */
export interface Said {
  readonly chatId: string
}

/** The fake platform as the contract drives it. People are numbered from 0 to 19; each has a direct chat with the bot. */
export interface PlatformDriver extends AsyncDisposable {
  /** Makes the adapter as the gateway does, not yet started. Called again after a restart. */
  createChannel(): Channel | Promise<Channel>
  /** The chat id of a person's direct chat, as `InboundMessage.chatId` and `/send` have it. */
  chatOf(person: number): string
  /** A person writes in the direct chat. Also while the bot is not there: then the platform keeps it, as the real one would. */
  say(person: number, text: string): Promise<Said>
  /** A person writes in a room, with a mention of the bot or without. */
  sayInRoom(person: number, text: string, options: { readonly mention: boolean }): Promise<Said>
  /** Another bot writes in the same room, with a mention of ours. */
  sayAsBot(text: string): Promise<Said>
  /** The platform tells once more of the last thing that was said, as if it had not heard that we know it. */
  tellAgain(): Promise<void>
  /** The texts that stand in a chat from our bot, in order, as rendered; one that was posted twice stands twice. */
  posted(chatId: string): readonly string[]
  /** How often typing was shown in a chat. */
  typingShown(chatId: string): number
  /** The next so many posts are refused for now: `limited` as by the platform's rate limit, `broken` by a 5xx of its own. */
  refuseNext(count: number, how: 'limited' | 'broken'): void
  /** The platform is gone without a word: every link is dead, nothing new comes up. */
  vanish(): void
  /** The platform is back. */
  comeBack(): void
  /** The id of a chat that has the right form and that the platform does not know. */
  readonly unknownChat: string
  /** The longest part in UTF-16 units that the platform takes. */
  readonly partMax: number
}

/** What every channel must do, seen from its platform. */
export function channelContract(subject: ChannelSubject): void {
  describe(`the channel ${subject.name}`, () => {
    answersContract(subject)
    postingContract(subject)
    statusContract(subject)
  })
}

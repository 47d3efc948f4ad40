import type { ChannelSection } from '../config/channel-settings.ts'
import type { Channel } from '../domain/channels/channel.ts'
import type { ConfiguredChannel } from '../domain/channels/running-channel.ts'

/** The section of a channel that has its tokens. */
export type UsableSection = Exclude<ChannelSection, { readonly settings: null }>

/** Returns a section of the config as the hub runs it: `create` makes its adapter, which is loaded by then and not before. */
export function configuredChannel(
  section: ChannelSection,
  create: (section: UsableSection) => Promise<Channel>,
): ConfiguredChannel {
  const { name } = section
  if (section.settings === null) {
    const { reason, remedy } = section
    return { name, mark: reason, secrets: [], create: { reason, remedy } }
  }
  return {
    name,
    mark: JSON.stringify(section.settings),
    secrets: secretsOf(section),
    create: () => create(section),
  }
}

function secretsOf({ name, settings }: UsableSection): readonly string[] {
  switch (name) {
    case 'telegram':
      return [settings.botToken]
    case 'discord':
      return [settings.token]
    case 'slack':
      return [settings.botToken, settings.appToken]
  }
}

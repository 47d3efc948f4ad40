import type { OutgoingPart, RenderedPart } from '../../domain/channels/channel.ts'
import { renderSlack } from '../render/slack.ts'
import type { Arguments } from './web-api.ts'

/** Turns Markdown into parts of mrkdwn, each within the 4,000 characters that Slack shows in full. */
export function renderParts(markdown: string): readonly RenderedPart[] {
  return renderSlack(markdown)
}

/**
 * Returns the arguments of `chat.postMessage` for a part, in its thread where it has one. Names and addresses in it ring nobody and load
 * nothing: no model's words wake a whole workspace.
 */
export function postArguments({ chatId, route, text }: OutgoingPart): Arguments {
  const { threadTs } = route
  return {
    channel: chatId,
    text,
    mrkdwn: 'true',
    parse: 'none',
    link_names: 'false',
    unfurl_links: 'false',
    unfurl_media: 'false',
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
  }
}

import { type Fields, textAt } from '../fields.ts'

/** Returns how Telegram shows a user or a chat. */
export function nameOf(sender: Fields): string {
  const whole = [textAt(sender, 'first_name'), textAt(sender, 'last_name')].filter(Boolean).join(' ').trim()
  return whole || textAt(sender, 'title') || textAt(sender, 'username') || String(sender.id ?? 'unknown')
}

const schemes = /^(?:https?:\/\/[^\s/]|mailto:[^\s@]+@|tel:\+?\d)/i
const hrefUnitsMax = 1024

/**
 * Returns the address that a link may lead to, as the writer wrote it but for characters that end it in some dialect; null for other
 * schemes than http, https, mailto and tel, and for addresses over 1,024 units.
 */
export function safeLink(url: string): string | null {
  if (!schemes.test(url) || !URL.canParse(url)) return null
  const href = url.trim().replace(/[\s"<>\\^`{|}]/g, (unit) => encodeURIComponent(unit))
  return href.length > hrefUnitsMax ? null : href
}

/** Run in a page, tells which texts stand out by less than 4.5 to 1 (WCAG 2.2, 1.4.3), and the page's background. */
export const contrasts = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number)
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor
    return (channels(color)[3] ?? 1) === 0 && element.parentElement ? behind(element.parentElement) : color
  }
  const faint = new Set()
  for (const element of document.body.querySelectorAll('*')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')) continue
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (!(ratio >= 4.5)) faint.add(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2))
  }
  return { faint: [...faint], background: getComputedStyle(document.body).backgroundColor }
})()`

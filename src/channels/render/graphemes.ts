const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
const plainText = /^[\x20-\x7e\u00a0-\u02ff\u0400-\u052f]*$/

/**
 * Cuts text into chunks of at most `unitsMax` UTF-16 units, at least 2, between graphemes; between code points in a grapheme that is longer
 * than that by itself.
 */
export function graphemeChunks(text: string, unitsMax: number): readonly string[] {
  if (text.length <= unitsMax) return [text]
  const chunks: string[] = []
  let chunk = ''
  for (const grapheme of plainText.test(text) ? evenly(text, unitsMax) : graphemes(text)) {
    for (const piece of grapheme.length > unitsMax ? grapheme : [grapheme]) {
      if (chunk.length + piece.length > unitsMax) {
        chunks.push(chunk)
        chunk = ''
      }
      chunk += piece
    }
  }
  if (chunk !== '') chunks.push(chunk)
  return chunks
}

function* evenly(text: string, unitsMax: number): Iterable<string> {
  for (let i = 0; i < text.length; i += unitsMax) yield text.slice(i, i + unitsMax)
}

function* graphemes(text: string): Iterable<string> {
  for (const { segment } of segmenter.segment(text)) yield segment
}

/**
 * Returns the known name that was most likely meant by a mistyped one, or undefined where none is close. Case and separators do not
 * count (`max_tokens` is `maxTokens`); otherwise at most a third of the characters may differ, and three at most.
 */
export function closestName(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  if (wanted === '' || wanted.length > 64) return undefined
  const editsMax = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  let best: string | undefined
  let bestEdits = editsMax + 1
  for (const candidate of known) {
    const other = plain(candidate)
    // Each character more or less is an edit: most names need not be compared.
    if (Math.abs(other.length - wanted.length) > editsMax) continue
    const edits = editDistance(wanted, other)
    if (edits < bestEdits) {
      best = candidate
      bestEdits = edits
    }
  }
  return best
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s]/g, '')
}

// Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours, each one edit.
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(edits)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

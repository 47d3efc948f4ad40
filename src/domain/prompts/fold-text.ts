import { textOf } from './map-units.ts'

/**
 * Reduces a text to the letters that a reader takes it for: lower case, no accents or combining marks, no full-width, mathematical, circled or
 * small capital letters, ASCII punctuation and spaces. Linear, also where NFKC is not (it sorts runs of combining marks). Not reversible.
 */
export function foldText(text: string): string {
  return beyondAscii.test(text) ? foldUnits(text) : text.toLowerCase()
}

const beyondAscii = /[^\0-\x7f]/
const dropped = 0
const smallCapitals = 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ'
const mathematicalLead = 0xd835
const enclosedLead = 0xd83c

const folds = foldTable()

function foldUnits(text: string): string {
  const units = new Uint16Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const letter =
      unit === mathematicalLead || unit === enclosedLead ? letterAbove(unit, text.charCodeAt(i + 1)) : 0
    if (letter !== 0) i++
    const folded = letter === 0 ? (folds[unit] ?? unit) : letter
    if (folded !== dropped) units[length++] = folded
  }
  return textOf(units.subarray(0, length))
}

// Mathematical letters and digits in thirteen styles and five; letters in squares and circles, and regional indicators. All in order.
function letterAbove(lead: number, trail: number): number {
  if (lead === mathematicalLead) {
    if (trail >= 0xdc00 && trail < 0xdea4) return 0x61 + ((trail - 0xdc00) % 26)
    return trail >= 0xdfce && trail <= 0xdfff ? 0x30 + ((trail - 0xdfce) % 10) : 0
  }
  const isFlag = trail >= 0xdde6 && trail <= 0xddff
  const inBlock = isFlag ? trail - 0xdde6 : trail >= 0xdd30 && trail <= 0xdd89 ? (trail - 0xdd30) % 32 : 26
  return inBlock < 26 ? 0x61 + inBlock : 0
}

function foldTable(): Uint16Array {
  const table = new Uint16Array(0x10000)
  for (let unit = 0; unit < table.length; unit++) table[unit] = unit
  const compatible = [
    0x41, 0x5a, 0xa0, 0x24f, 0x1e00, 0x1eff, 0x2070, 0x209f, 0x2100, 0x214f, 0x2460, 0x24ff, 0xff01, 0xff5e,
  ]
  for (let i = 0; i + 1 < compatible.length; i += 2) {
    eachUnit(
      compatible[i] ?? 0,
      compatible[i + 1] ?? 0,
      (unit, char) => (table[unit] = plainUnit(char) ?? unit),
    )
  }
  eachUnit(0x370, 0x52f, (unit, char) => (table[unit] = char.toLowerCase().charCodeAt(0)))
  eachUnit(0x300, 0x36f, (unit) => (table[unit] = dropped))
  eachUnit(0x2000, 0x200a, (unit) => (table[unit] = 0x20))
  for (const [index, char] of [...smallCapitals].entries()) table[char.charCodeAt(0)] = 0x61 + index
  for (const [from, to] of [
    ['‘’‚‛′', "'"],
    ['“”„‟″«»「」『』', '"'],
    ['‐‑‒–—―', '-'],
    ['…。', '.'],
    ['、', ','],
    ['\u3000\u202f\u205f\u1680\u2028\u2029', ' '],
    ['ёЁ', 'е'],
    ['ß', 's'],
  ] as const) {
    for (const char of from) table[char.charCodeAt(0)] = to.charCodeAt(0)
  }
  return table
}

// The first unit of the compatibility decomposition, where that is ASCII.
function plainUnit(char: string): number | undefined {
  const unit = char.normalize('NFKD').toLowerCase().charCodeAt(0)
  return unit < 0x80 ? unit : undefined
}

function eachUnit(first: number, last: number, use: (unit: number, char: string) => void): void {
  for (let unit = first; unit <= last; unit++) use(unit, String.fromCharCode(unit))
}

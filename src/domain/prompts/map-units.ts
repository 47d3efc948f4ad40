const unitsAtOnce = 4096

/** Returns a text in which each UTF-16 unit is what `map` makes of it. Linear and cheap: no character becomes a string of its own. */
export function mapUnits(text: string, map: (unit: number) => number): string {
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = map(text.charCodeAt(i))
  return textOf(units)
}

/** Returns the text that these UTF-16 units spell. */
export function textOf(units: Uint16Array): string {
  let text = ''
  for (let i = 0; i < units.length; i += unitsAtOnce) {
    // In pieces, since every unit is an argument on the stack.
    text += Reflect.apply(String.fromCharCode, undefined, units.subarray(i, i + unitsAtOnce))
  }
  return text
}

// https://docs.discord.com/developers/reference#snowflakes
const discordEpochMs = 1_420_070_400_000n
const largest = (1n << 64n) - 1n

/** Tells whether a text is an id of Discord's: a whole number of 64 bits, in digits. */
export function isSnowflake(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) <= largest
}

/** Tells whether the first id was given out after the second. */
export function isAfter(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}

/** Returns when an id was given out, in milliseconds since the epoch. */
export function timeOf(id: string): number {
  return isSnowflake(id) ? Number((BigInt(id) >> 22n) + discordEpochMs) : 0
}

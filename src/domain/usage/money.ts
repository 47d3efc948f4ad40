/** An exact amount of a currency: a whole number of 10^-12 of it. */
export type Money = bigint

/** No money. */
export const nothing: Money = 0n

const digits = 12
const unit = 10n ** BigInt(digits)

/** Returns the amount that a number of the config or of the API means in decimal, rounded to 12 places: 0.1 is exactly a tenth. */
export function moneyOf(amount: number): Money {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(amount)) ?? []
  const scaled = BigInt(whole + fraction)
  const places = fraction.length - Number(exponent) - digits
  const money = places <= 0 ? scaled * 10n ** BigInt(-places) : divided(scaled, 10n ** BigInt(places))
  return sign === '' ? money : -money
}

/** Returns an amount in decimal, without zeros at its end beyond `placesMin` places. */
export function decimalOf(money: Money, placesMin = 0): string {
  const amount = money < 0n ? -money : money
  const fraction = String(amount % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '')
    .padEnd(placesMin, '0')
  return `${money < 0n ? '-' : ''}${amount / unit}${fraction === '' ? '' : `.${fraction}`}`
}

/** Returns the number that is nearest to an amount. */
export function numberOf(money: Money): number {
  return Number(decimalOf(money))
}

/** Divides, and rounds half away from zero; for amounts from zero on. */
export function divided(amount: bigint, by: bigint): bigint {
  return (2n * amount + by) / (2n * by)
}

// Prefixes of the keys that providers and this gateway hand out, then anything long that mixes digits and letters as only keys do.
const keyPatterns = [
  /\b(?:sk|rk|pk|gsk|xai|nvapi|hf|ghp|r8|pplx|AIza|oc_tok)[-_]?[\w*.-]{6,}/g,
  /\bBearer\s+[\w*.~+/=-]{6,}/gi,
  /(?<=:\/\/)[^\s/@]+@/g,
  /\b(?=[A-Za-z_]*\d)(?=[\d_]*[A-Za-z])\w{32,}\b/g,
] as const

/** Returns `text` with the given secrets, and everything that looks like a key or like credentials in a URL, replaced by `***`. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text
  for (const secret of secrets) if (secret.length >= 4) masked = masked.replaceAll(secret, '***')
  for (const pattern of keyPatterns) masked = masked.replaceAll(pattern, '***')
  return masked
}

import type { Env } from './environment.ts'

/** A text with its variables put in. `variables` names those that were used. */
export interface Substituted {
  readonly text: string
  readonly variables: readonly string[]
  readonly faults: readonly Fault[]
}

/** What cannot be put in. `unset` is the name of a variable that is not set. */
export interface Fault {
  readonly marker: string
  readonly sentence: string
  readonly unset?: string
}

/**
 * Puts environment variables into a text: `${NAME}` becomes the variable's value, and `$${` stands for a plain `${`. A variable that is
 * not set, and `${` without a name and a closing brace, are faults; an empty value is a value.
 */
export function substitute(text: string, env: Env): Substituted {
  const variables: string[] = []
  const faults: Fault[] = []
  const result = text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (marker: string, name: string | undefined) => {
    if (name === undefined) return '${'
    if (!marker.endsWith('}') || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      faults.push({
        marker,
        sentence: `found "\${" without a variable's name and "}"; write $\${ where no variable is meant.`,
      })
      return ''
    }
    const value = env[name]
    if (value === undefined) {
      faults.push({ marker, sentence: `the environment variable ${name} is not set.`, unset: name })
      return ''
    }
    variables.push(name)
    return value
  })
  return { text: result, variables, faults }
}

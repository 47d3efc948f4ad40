/** What the config and the environment say of skills. */
export interface SkillSettings {
  /** Absolute paths of the folders that hold skills, beside the bundled ones; a later one wins where two have the same name. */
  readonly dirs: readonly string[]
  readonly entries: Readonly<
    Record<string, { readonly enabled: boolean; readonly env: Readonly<Record<string, string>> }>
  >
  /** The environment that skills' requirements are looked for in. */
  readonly env: Readonly<Record<string, string | undefined>>
}

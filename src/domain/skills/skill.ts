/** A folder with a SKILL.md, as it was found. */
export interface Skill {
  /** Of its frontmatter; of its folder where that cannot be read. */
  readonly name: string
  readonly description: string
  /** Switched on: by itself, or in the config for a bundled one. */
  readonly enabled: boolean
  /** It can be used: it is in order, and what it requires is there. */
  readonly eligible: boolean
  /** Why it is not eligible. */
  readonly reason: string | null
  /** `bundled`, or the name of the folder that holds it. */
  readonly source: string
  /** What the model reads, without the frontmatter. */
  readonly text: string
  /** Whether the config forbids it even where it is named. */
  readonly isForbidden: boolean
}

/** The skills as they are on disk and in the config. */
export interface SkillShelf {
  /**
   * What a turn that begins now is offered; undefined where no skill takes part by itself. A promise only where something has changed and
   * must be read again. Never rejects.
   */
  offer(): SkillOffer | undefined | Promise<SkillOffer | undefined>
  /** Every skill: bundled ones first, then by folder and name. Never rejects. */
  all(): Promise<readonly Skill[]>
  /** Reads a text file in a skill's own folder. Rejects with `invalid_request` for anything else, in words for the model. */
  readFile(skill: Skill, path: string): Promise<string>
}

/** The skills that take part by themselves, as a model is shown them. */
export interface SkillOffer {
  readonly skills: readonly Skill[]
  /** Names and descriptions, for the system prompt of a model that can read one, and of one that cannot. */
  readonly withTool: string
  readonly withoutTool: string
}

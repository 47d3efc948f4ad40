import type { RunTool } from '../chat/tool-loop.ts'
import { GatewayError } from '../errors.ts'
import type { Tool } from '../models/provider.ts'
import { readingSkills, readSkillTool } from './read-skill.ts'
import type { Skill, SkillShelf } from './skill.ts'

/** What skills add to a turn. */
export interface TurnSkills {
  /** For the end of the system prompt; of a model that can be given no tools, where that differs. */
  readonly note: string
  readonly noteWithoutTool?: string
  readonly tool?: Tool
  readonly runTool?: RunTool
}

const namesToldMax = 20

/**
 * Returns what skills add to a turn: the text of those that are named, else names and descriptions and a tool to read them; undefined
 * where there are none, or none are wanted (an empty list). Throws `invalid_request` for a name that is unknown or cannot be used.
 */
export async function skillsOfTurn(
  shelf: SkillShelf,
  named: readonly string[] | undefined,
): Promise<TurnSkills | undefined> {
  if (named !== undefined)
    return named.length === 0 ? undefined : textOf([...new Set(named)], await shelf.all())
  const offer = await shelf.offer()
  if (offer === undefined) return undefined
  return {
    note: offer.withTool,
    noteWithoutTool: offer.withoutTool,
    tool: readSkillTool(offer),
    runTool: readingSkills(shelf, offer),
  }
}

function textOf(named: readonly string[], skills: readonly Skill[]): TurnSkills {
  const texts = named.map((name) => {
    const skill = skills.find((candidate) => candidate.name === name)
    if (skill === undefined || !isUsable(skill)) throw notUsable(name, skill, skills)
    return `<skill name="${name}">\n${skill.text}\n</skill>`
  })
  return { note: `Follow these instructions for the task:\n\n${texts.join('\n\n')}` }
}

// A bundled skill that is not switched on takes part where it is named.
function isUsable(skill: Skill): boolean {
  return skill.eligible && !skill.isForbidden
}

function notUsable(name: string, skill: Skill | undefined, skills: readonly Skill[]): GatewayError {
  const available = skills.filter(isUsable).map((candidate) => candidate.name)
  const what = JSON.stringify(name.slice(0, 64))
  const why =
    skill === undefined
      ? `There is no skill ${what}.`
      : `The skill ${what} cannot be used: ${skill.isForbidden ? 'the config switches it off' : (skill.reason ?? 'it is not in order').replace(/\.$/, '')}.`
  return new GatewayError(
    'invalid_request',
    `${why} Available: ${available.slice(0, namesToldMax).join(', ') || 'none'}.`,
    { details: { field: 'skills', available: available.slice(0, namesToldMax) } },
  )
}

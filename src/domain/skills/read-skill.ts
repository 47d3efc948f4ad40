import type { RunTool } from '../chat/tool-loop.ts'
import { GatewayError } from '../errors.ts'
import type { Tool, ToolCall } from '../models/provider.ts'
import type { Skill, SkillOffer, SkillShelf } from './skill.ts'

/** Returns the tool by which a model reads the skills on offer. */
export function readSkillTool({ skills }: SkillOffer): Tool {
  return {
    name: 'read_skill',
    description:
      'Returns the instructions of a skill. Some name further files of theirs; those are read by giving their path as well.',
    parameters: {
      type: 'object',
      properties: {
        name: { type: 'string', enum: skills.map(({ name }) => name), description: 'The name of the skill.' },
        file: {
          type: 'string',
          description:
            'A file that the instructions name, by its path in the skill. Without it the instructions.',
        },
      },
      required: ['name'],
      additionalProperties: false,
    },
  }
}

/** Returns what runs the calls of that tool. It reads the skills on offer and nothing else, whatever it is asked for. */
export function readingSkills(shelf: SkillShelf, { skills }: SkillOffer): RunTool {
  return async (call) => {
    try {
      return { content: await read(shelf, skills, call) }
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'invalid_request')
        return { content: error.message, isError: true }
      throw error
    }
  }
}

async function read(shelf: SkillShelf, skills: readonly Skill[], call: ToolCall): Promise<string> {
  if (call.name !== 'read_skill') throw wrong(`There is no tool ${quoted(call.name)}. There is read_skill.`)
  const { name, file } = argumentsOf(call)
  const skill = skills.find((candidate) => candidate.name === name)
  if (skill === undefined) {
    const names = skills.map((candidate) => candidate.name).join(', ')
    throw wrong(`There is no skill ${quoted(name)}. There are: ${names}.`)
  }
  return file === undefined ? skill.text : await shelf.readFile(skill, file)
}

function argumentsOf({ arguments: json }: ToolCall): {
  readonly name: string
  readonly file: string | undefined
} {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw wrong('The arguments are no JSON.')
  }
  if (typeof value !== 'object' || value === null || !('name' in value) || typeof value.name !== 'string')
    throw wrong('The arguments must be an object with the name of a skill.')
  const file = 'file' in value && typeof value.file === 'string' && value.file !== '' ? value.file : undefined
  return { name: value.name, file }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64))
}

function wrong(sentence: string): GatewayError {
  return new GatewayError('invalid_request', sentence)
}

import { type Actor, ownerOf } from '../actor.ts'
import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { Image } from '../images/image.ts'
import { loadImages } from '../images/load-images.ts'
import type { JsonObject, ResponseFormat } from '../models/provider.ts'
import type { SchemaCheck, SchemaVerdict } from '../schemas/schema-compiler.ts'
import { skillsOfTurn, type TurnSkills } from '../skills/skills-of-turn.ts'
import type { ReplyInput } from './reply.ts'
import type { RunTool } from './tool-loop.ts'

/** The form that a caller wants an answer in. */
export interface AskedFormat {
  readonly type: 'json_schema'
  readonly schema: JsonObject
  /** What the model knows it by. */
  readonly name?: string
}

/** What a turn has beyond its text: the same for every model that may answer it. */
export interface TurnExtras {
  readonly skills?: TurnSkills
  readonly runTool?: RunTool
  readonly images?: readonly Image[]
  readonly responseFormat?: ResponseFormat
  readonly check?: SchemaCheck
}

/**
 * Returns what a turn has beyond its text, or undefined where it has nothing: skills, images, a form to answer in. Throws
 * `invalid_request` for a skill that cannot be used, an image that is none, and a schema that is none.
 */
export function extrasOf(ctx: Context, input: ReplyInput): Promise<TurnExtras | undefined> | undefined {
  const { responseFormat, attachments, skills } = input
  // Most turns have nothing but text, and wait for nothing here.
  const isText = (responseFormat ?? attachments ?? skills) === undefined
  return isText && ctx.parts.answers.skills.offer() === undefined ? undefined : loadExtras(ctx, input)
}

async function loadExtras(
  { parts, actor, signal }: Context,
  input: ReplyInput,
): Promise<TurnExtras | undefined> {
  const { skills: shelf, schemas, images: fetcher } = parts.answers
  const { responseFormat: asked, attachments, skills: named } = input
  const caller = { name: callerOf(actor), signal }
  const form = asked === undefined ? undefined : formOf(asked, await schemas.compile(asked.schema, caller))
  const skills = await skillsOfTurn(shelf, named)
  const images =
    attachments === undefined || attachments.length === 0
      ? undefined
      : await loadImages(attachments, fetcher, signal)
  if (form === undefined && skills === undefined && images === undefined) return undefined
  return {
    ...form,
    ...(skills === undefined ? {} : { skills }),
    ...(skills?.runTool === undefined ? {} : { runTool: skills.runTool }),
    ...(images === undefined ? {} : { images }),
  }
}

// All of a channel's chats are one caller: they send no schemas.
function callerOf(actor: Actor): string {
  return ownerOf(actor) ?? actor.type
}

function formOf(
  { type, schema, name = 'answer' }: AskedFormat,
  verdict: SchemaVerdict,
): Required<Pick<TurnExtras, 'responseFormat' | 'check'>> {
  if ('check' in verdict) return { responseFormat: { type, schema, name }, check: verdict.check }
  const field = 'responseFormat.schema'
  throw new GatewayError('invalid_request', `${field} ${verdict.problem}.`, { details: { field } })
}

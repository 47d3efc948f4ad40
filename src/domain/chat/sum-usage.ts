import type { Usage } from '../conversations/conversation.ts'

/** Adds up what two asks of one turn used; estimated where one of them was. Costs are made of the sum, not here. */
export function addUsage(before: Usage | undefined, usage: Usage): Usage {
  if (before === undefined) return usage
  const cacheReadTokens = (before.cacheReadTokens ?? 0) + (usage.cacheReadTokens ?? 0)
  const cacheWriteTokens = (before.cacheWriteTokens ?? 0) + (usage.cacheWriteTokens ?? 0)
  return {
    inputTokens: before.inputTokens + usage.inputTokens,
    outputTokens: before.outputTokens + usage.outputTokens,
    ...(before.estimated === true || usage.estimated === true ? { estimated: true } : {}),
    ...(cacheReadTokens > 0 ? { cacheReadTokens } : {}),
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
  }
}

/** Adds up what two asks told of their usage: estimated where one told nothing, undefined where neither told anything. */
export function sumUsage(first: Usage | undefined, second: Usage | undefined): Usage | undefined {
  if (first !== undefined && second !== undefined) return addUsage(first, second)
  const only = first ?? second
  return only && { ...only, estimated: true }
}

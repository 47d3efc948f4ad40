import type { ResponseFormat } from '../domain/models/provider.ts'

/** Returns a system prompt that also asks for JSON by a schema, for a model whose API has no means of its own to ask for it. */
export function withSchemaInstruction(
  systemPrompt: string | undefined,
  format: ResponseFormat | undefined,
): string | undefined {
  if (format === undefined) return systemPrompt
  const instruction = `Answer with one JSON value that validates against the JSON Schema below, and with nothing else: no words before or after it, no code fence.

${JSON.stringify(format.schema)}`
  return systemPrompt ? `${systemPrompt}\n\n${instruction}` : instruction
}

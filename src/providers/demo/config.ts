import type { ModelInfo } from '../../domain/models/provider.ts'

/** What the demo model says that it is. One word is one token. */
export const demoModel: ModelInfo = {
  id: 'demo',
  name: 'Demo model (not an AI)',
  contextWindow: 200_000,
  maxOutputTokens: 8192,
  tools: true,
  images: true,
}

// Classifies customer feedback into JSON of a fixed shape.
// In a project of your own install the client from the clone (docs/getting-started.md), and import it from 'openclaw-client'.
import { OpenClawClient, OpenClawError } from '../../../clients/node/src/index.ts'

const feedbackSchema = {
  type: 'object',
  properties: {
    sentiment: { enum: ['positive', 'neutral', 'negative'] },
    category: { enum: ['product quality', 'customer service', 'pricing', 'logistics', 'other'] },
    urgency: { enum: ['high', 'medium', 'low'] },
    summary: { type: 'string', description: 'One sentence.' },
    suggestedAction: { type: 'string' },
  },
  required: ['sentiment', 'category', 'urgency', 'summary', 'suggestedAction'],
  additionalProperties: false,
}

const samples = [
  [
    'CUST_001',
    'Your product quality is terrible. It broke after just two days, and your customer service was rude!',
  ],
  ['CUST_002', 'Arrived a day early and works well. Thank you!'],
]

async function analyzeCustomerFeedback(client, feedback, customerId) {
  const { data } = await client.chat(`Customer feedback:\n\n${feedback}`, {
    systemPrompt: 'You are an expert in customer feedback. Classify it.',
    responseFormat: { type: 'json_schema', schema: feedbackSchema },
    metadata: { customerId },
  })
  return data
}

const { OPENCLAW_URL = 'http://localhost:18789', OPENCLAW_TOKEN } = process.env
if (!OPENCLAW_TOKEN) {
  console.error(
    'Set OPENCLAW_TOKEN to a token with scope chat; in the folder of the clone this makes one: npx openclaw token create --name crm --scope chat',
  )
  process.exit(2)
}
const client = new OpenClawClient(OPENCLAW_URL, OPENCLAW_TOKEN)
const given = process.argv.slice(2).join(' ')
for (const [customerId, feedback] of given === '' ? samples : [['CUST_000', given]]) {
  try {
    const analysis = await analyzeCustomerFeedback(client, feedback, customerId)
    console.log(JSON.stringify({ customerId, ...analysis }))
  } catch (error) {
    if (!(error instanceof OpenClawError)) throw error
    console.error(`${customerId}: ${error.message}`)
    process.exitCode = 1
  }
}

// Uses every method of the client once and prints what came of it as one JSON object.
const OpenClawClient = require('./openclaw-client.cjs')

async function main() {
  const [address] = process.argv.slice(2)
  const client = new OpenClawClient(address, process.env.OPENCLAW_TOKEN)
  const stranger = new OpenClawClient(address, 'oc_tok_nobody')
  const systemPrompt = 'You are a programming tutor. Explain clearly and simply.'
  const first = await client.chat('Implement the Fibonacci sequence in JavaScript', { systemPrompt })
  const report = {
    first,
    second: await client.chat('echo again', { conversationId: first.conversationId }),
    named: await client.chat('echo named', { model: 'demo' }),
    send: await refusal(client.send('discord', 'CHANNEL_ID', 'Message from the API')),
    stranger: await refusal(stranger.chat('Hello')),
    health: await client.health(),
    models: await client.getModels(),
  }
  console.log(JSON.stringify(report))
}

function refusal(call) {
  return call.then(
    () => ({}),
    ({ response }) => ({ status: response.status, body: response.data }),
  )
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})

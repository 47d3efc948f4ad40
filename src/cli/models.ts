import { exitCodes } from './exit-codes.ts'
import { callGateway, gatewaySession, rowsOf, type SessionOptions } from './gateway-session.ts'
import { print, printJson, table } from './output.ts'

/** Lists the models of the running gateway; the default one is marked. */
export async function modelsCommand(options: SessionOptions): Promise<number> {
  const body = await callGateway(gatewaySession(options), '/api/v1/models')
  if (options.json === true) {
    printJson(body)
    return exitCodes.ok
  }
  const rows = rowsOf(body).map((model) => [
    `${model.default === true ? '*' : ' '} ${String(model.id)}`,
    String(model.provider),
    typeof model.contextWindow === 'number' ? String(model.contextWindow) : '-',
    typeof model.maxOutputTokens === 'number' ? String(model.maxOutputTokens) : '-',
    model.available === true ? 'yes' : 'no',
  ])
  for (const line of table([['  MODEL', 'PROVIDER', 'CONTEXT', 'OUTPUT', 'AVAILABLE'], ...rows])) print(line)
  return exitCodes.ok
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { at } from '../support/json.ts'
import { startAsUser } from '../support/start-as-user.ts'

// The guide's files as they are printed there, sample tokens, comments and all.
const tokens = `// ~/.config/openclaw/openclaw.json5
{
  "api": {
    "enabled": true,
    "port": 18789,
    "auth": {
      "enabled": true,
      "tokens": [
        {
          "name": "my-web-app",
          "token": "oc_tok_a1b2c3d4e5f6g7h8i9j0",
          "scope": ["chat", "send", "read", "admin"],
          "rateLimit": 120 // RPM
        },
        {
          "name": "crm-integration",
          "token": "oc_tok_x9y8z7w6v5u4t3s2r1q0",
          "scope": ["chat", "send"],
          "rateLimit": 30
        }
      ]
    }
  }
}
`
const webhooks = `{
  "api": {
    "webhooks": {
      "outgoing": [
        {
          "url": "https://your-app.com/api/openclaw-callback",
          "secret": "your-webhook-secret",
          "events": [
            "message.received",
            "message.sent",
            "conversation.created",
            "channel.connected",
            "channel.disconnected"
          ],
          "retry": {
            "maxAttempts": 3,
            "backoffMs": 5000
          }
        }
      ]
    }
  }
}
`
const rateLimits = `{
  "api": {
    "rateLimit": {
      // Global limit
      "global": {
        "windowMs": 60000, // 1-minute window
        "maxRequests": 120 // Maximum 120 requests
      },
      // Per-Token limit
      "perToken": {
        "windowMs": 60000,
        "maxRequests": 60
      }
    }
  }
}
`
const security = `{
  "api": {
    "security": {
      // IP whitelist
      "allowedIPs": ["10.0.0.0/8", "192.168.1.0/24"],
      // CORS configuration
      "cors": {
        "enabled": true,
        "origins": ["https://your-app.com"],
        "methods": ["GET", "POST", "DELETE"]
      },
      // Request body size limit
      "maxBodySize": "1MB"
    }
  }
}
`

function withToken(token: string): { headers: Record<string, string> } {
  return { headers: { Authorization: `Bearer ${token}` } }
}

test("the guide's tokens work on loopback as printed, each with its scopes, and the start warns of them", async () => {
  await using gateway = await startAsUser(tokens)
  const [app, crm] = ['oc_tok_a1b2c3d4e5f6g7h8i9j0', 'oc_tok_x9y8z7w6v5u4t3s2r1q0']
  assert.equal((await fetch(`${gateway.url}/api/v1/models`, withToken(app))).status, 200)
  await expectError(await fetch(`${gateway.url}/api/v1/models`, withToken(crm)), 403, 'insufficient_scope')
  const chat = await fetch(`${gateway.url}/api/v1/chat`, {
    method: 'POST',
    headers: { ...withToken(crm).headers, 'Content-Type': 'application/json' },
    body: '{"message":"echo hello"}',
  })
  assert.equal(at(await chat.json(), 'content'), 'hello')
  assert.match(gateway.output(), /openclaw\.json5:11:20\s+warning: .*sample token/)
  assert.match(gateway.output(), /openclaw\.json5:17:20\s+warning: .*sample token/)
})

for (const [name, config] of [
  ['webhooks', webhooks],
  ['rate limits', rateLimits],
] as const) {
  test(`the guide's ${name} load as printed, without a warning`, async () => {
    await using gateway = await startAsUser(config)
    assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
    assert.doesNotMatch(gateway.output(), /openclaw\.json5:\d/)
  })
}

test("the guide's security section loads as printed: this machine is not in its list, and /health is open to all", async () => {
  await using gateway = await startAsUser(security)
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
  await expectError(await fetch(`${gateway.url}/api/v1/models`), 403, 'ip_not_allowed')
  assert.doesNotMatch(gateway.output(), /openclaw\.json5:\d/)
})

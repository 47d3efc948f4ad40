// The Node client that the API guide's readers have: its names, its requests, in our own words.
const axios = require('axios')

const defaultModel = 'claude-sonnet-4-20250514'
const patienceMs = 120000

class OpenClawClient {
  constructor(baseUrl = 'http://localhost:18789', token = '') {
    this.baseUrl = baseUrl
    this.headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  }

  async chat(message, options = {}) {
    const { conversationId, model = defaultModel, systemPrompt } = options
    const body = { message, model }
    if (conversationId) body.conversationId = conversationId
    if (systemPrompt) body.systemPrompt = systemPrompt
    return this.#post('/api/v1/chat', body, { timeout: patienceMs })
  }

  async send(channel, chatId, message) {
    return this.#post('/api/v1/send', { channel, chatId, message })
  }

  async health() {
    const { data } = await axios.get(`${this.baseUrl}/health`)
    return data
  }

  async getModels() {
    const { data } = await axios.get(`${this.baseUrl}/api/v1/models`, { headers: this.headers })
    return data
  }

  async #post(path, body, more = {}) {
    const { data } = await axios.post(`${this.baseUrl}${path}`, body, { headers: this.headers, ...more })
    return data
  }
}

module.exports = OpenClawClient

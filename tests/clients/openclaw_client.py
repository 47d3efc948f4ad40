"""The Python client that the API guide's readers have: its names, its requests, in our own words."""

from typing import Generator, Optional

import requests

DEFAULT_MODEL = "claude-sonnet-4-20250514"
PATIENCE_SECONDS = 120
DATA_PREFIX = "data: "


class OpenClawClient:
    def __init__(self, base_url: str = "http://localhost:18789", token: str = ""):
        self.base_url = base_url.rstrip("/")
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def chat(
        self,
        message: str,
        conversation_id: Optional[str] = None,
        model: str = DEFAULT_MODEL,
        system_prompt: Optional[str] = None,
    ) -> dict:
        body = {"message": message, "model": model}
        optional = {"conversationId": conversation_id, "systemPrompt": system_prompt}
        body.update({name: value for name, value in optional.items() if value})
        return self._post("/api/v1/chat", body, timeout=PATIENCE_SECONDS).json()

    def chat_stream(self, message: str, model: str = DEFAULT_MODEL) -> Generator:
        reply = self._post(
            "/api/v1/chat/stream",
            {"message": message, "model": model},
            accept="text/event-stream",
            stream=True,
            timeout=PATIENCE_SECONDS,
        )
        for raw in reply.iter_lines():
            line = raw.decode("utf-8")
            if line.startswith(DATA_PREFIX):
                yield line[len(DATA_PREFIX):]

    def send(self, channel: str, chat_id: str, message: str) -> dict:
        body = {"channel": channel, "chatId": chat_id, "message": message}
        return self._post("/api/v1/send", body).json()

    def health(self) -> dict:
        return requests.get(f"{self.base_url}/health").json()

    def _post(self, path: str, body: dict, accept: Optional[str] = None, **options) -> requests.Response:
        headers = {**self.headers, "Accept": accept} if accept else self.headers
        reply = requests.post(f"{self.base_url}{path}", json=body, headers=headers, **options)
        reply.raise_for_status()
        return reply

"""The shapes of requests and replies, as plain dicts. Field names are the API's own."""

from typing import Any, Dict, List, Optional, TypedDict, Union


class _UsageCounts(TypedDict):
    inputTokens: int
    outputTokens: int


class Usage(_UsageCounts, total=False):
    """Tokens of one reply; `cost` where the gateway's config knows the model's price."""

    estimated: bool
    cost: float


class _Reply(TypedDict):
    id: str
    conversationId: str
    role: str
    content: str
    model: str
    usage: Usage
    latency: int
    finishReason: str


class ChatReply(_Reply, total=False):
    """Reply of `chat`. `data` is the parsed JSON where `responseFormat` was given."""

    data: Any
    warnings: List[str]


class SendReply(TypedDict):
    """Reply of `send`."""

    id: str
    conversationId: str
    channel: str
    chatId: str
    status: str
    externalIds: List[str]
    timestamp: str


class StartEvent(TypedDict):
    type: str
    conversationId: str
    messageId: str
    model: str


class DeltaEvent(TypedDict):
    type: str
    content: str


class _Done(TypedDict):
    type: str
    id: str
    usage: Usage
    finishReason: str
    latency: int


class DoneEvent(_Done, total=False):
    data: Any
    warnings: List[str]


StreamEvent = Union[StartEvent, DeltaEvent, DoneEvent]
"""One event of a stream; `type` tells which: `start`, `delta`, `done`."""


class Conversation(TypedDict):
    id: str
    channel: str
    chatId: str
    title: str
    messageCount: int
    createdAt: str
    updatedAt: str


class Message(TypedDict):
    id: str
    role: str
    content: str
    status: str
    model: Optional[str]
    usage: Optional[Usage]
    createdAt: str


class Model(TypedDict):
    id: str
    provider: str
    name: str
    contextWindow: Optional[int]
    maxOutputTokens: Optional[int]
    available: bool
    default: bool


class Skill(TypedDict):
    name: str
    description: str
    enabled: bool
    eligible: bool
    reason: Optional[str]
    source: str


class UsageRow(TypedDict):
    key: str
    requests: int
    inputTokens: int
    outputTokens: int
    cost: Optional[float]
    estimatedCost: Optional[float]


Health = Dict[str, Any]
Options = Dict[str, Any]

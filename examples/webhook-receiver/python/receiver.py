"""A receiver of OpenClaw webhooks. Run: WEBHOOK_SECRET=your-webhook-secret python3 receiver.py [port]"""
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]
seen = set()


def verify_webhook(payload, signature, secret):
    expected = "sha256=" + hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        # The raw body as it came: JSON that was parsed and written again can differ.
        payload = self.rfile.read(int(self.headers["Content-Length"])).decode()
        genuine = verify_webhook(payload, self.headers.get("X-OpenClaw-Signature-256", ""), SECRET)
        self.send_response(204 if genuine else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()
        event = json.loads(payload) if genuine else None
        # Deliveries come at least once. Keep the ids in your database.
        if event and event["id"] not in seen:
            seen.add(event["id"])
            print(event["event"], event["data"].get("content", ""), flush=True)


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1] if len(sys.argv) > 1 else 8080)), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()

"""A receiver of OpenClaw webhooks. Run: WEBHOOK_SECRET=your-webhook-secret python3 receiver.py [port, else PORT, else 8090]"""
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("WEBHOOK_SECRET")
if not SECRET:
    print("Set WEBHOOK_SECRET to the secret that the endpoint has in openclaw.json5.", file=sys.stderr)
    sys.exit(2)
seen = set()


def verify_webhook(payload, signature, secret):
    expected = "sha256=" + hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


class Receiver(BaseHTTPRequestHandler):
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


port = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "8090")
server = ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/ (PORT changes the port)", flush=True)
server.serve_forever()

/**
 * One body of each event, as it was sent to a receiver by a gateway that ran (those of channels, tokens and budgets: as its outbox makes
 * them), signed with the secret `your-webhook-secret`.
 */
export const webhookExamples: Readonly<Record<string, string>> = {
  'message.received':
    '{"data":{"channel":"api","chatId":"conv_01M82PPYCK2XC8G0HWD6CTT008","content":"echo Hello","conversationId":"conv_01M82PPYCK2XC8G0HWD6CTT008","from":{"id":"tok_JSJX2SSF86AW1XXM1Y57VCHCMG","name":"admin"},"messageId":"msg_01M82PPYCK2XC8G0HWD6CTT009","timestamp":"2026-11-22T22:40:59.284Z"},"event":"message.received","id":"evt_01M82PPYCMZJYMETSKVHEAYQKG","timestamp":"2026-11-22T22:40:59.284Z","type":"message.received","signature":"sha256=1110f2dccc434156cf73e15687e333688824b075c0f316082ebdc0855f3c99f7"}',
  'message.sent':
    '{"data":{"channel":"api","chatId":"conv_01M82PPYCK2XC8G0HWD6CTT008","content":"Hello","conversationId":"conv_01M82PPYCK2XC8G0HWD6CTT008","externalIds":[],"messageId":"msg_01M82PPYCK2XC8G0HWD6CTT00A","model":"demo","timestamp":"2026-11-22T22:40:59.285Z","usage":{"inputTokens":2,"outputTokens":1}},"event":"message.sent","id":"evt_01M82PPYCN5M8H6J3XEKCTHZQM","timestamp":"2026-11-22T22:40:59.285Z","type":"message.sent","signature":"sha256=9ff0b7ba171abb7cdb2506b88001ae403776d99bc6a660a21c5e8ab02e5b2688"}',
  'conversation.created':
    '{"data":{"channel":"api","chatId":"conv_01M82PPYCK2XC8G0HWD6CTT008","conversationId":"conv_01M82PPYCK2XC8G0HWD6CTT008","from":{"id":"tok_JSJX2SSF86AW1XXM1Y57VCHCMG","name":"admin"},"timestamp":"2026-11-22T22:40:59.283Z"},"event":"conversation.created","id":"evt_01M82PPYCK2XC8G0HWD6CTT00B","timestamp":"2026-11-22T22:40:59.283Z","type":"conversation.created","signature":"sha256=f6fb33d7c794b52d71b72e9f172e1ae45d819429a6086796500b077c30fd88b1"}',
  'channel.connected':
    '{"data":{"channel":"telegram","reason":"The bot has logged in.","timestamp":"2026-11-22T22:40:59.419Z"},"event":"channel.connected","id":"evt_01M82PPYGVP0DJS81YKDP4R127","timestamp":"2026-11-22T22:40:59.419Z","type":"channel.connected","signature":"sha256=e70412e545be93588778730b367238c8d851136dcbd74fac039032fdc37aa3a3"}',
  'channel.disconnected':
    '{"data":{"channel":"telegram","reason":"The connection was lost.","timestamp":"2026-11-22T22:40:59.420Z"},"event":"channel.disconnected","id":"evt_01M82PPYGWC2MNB8HTE3CJYBY9","timestamp":"2026-11-22T22:40:59.420Z","type":"channel.disconnected","signature":"sha256=950a96dd2ba0be4aecd04dc59aa420ee5c4ab6484dac07a1025c4181405f1007"}',
  'token.expiring':
    '{"data":{"expiresAt":"2026-12-06T10:30:00.000Z","name":"my-app","timestamp":"2026-11-22T22:40:59.420Z","tokenId":"tok_01KMRD3Q0V8W9X0Y1Z2A3B4C5D"},"event":"token.expiring","id":"evt_01M82PPYGWC2MNB8HTE3CJYBYB","timestamp":"2026-11-22T22:40:59.420Z","type":"token.expiring","signature":"sha256=f5e9b6614215782ab10b1c8733235e5f38e00db4e450dfd1cfa67d905064fd2b"}',
  'budget.warning':
    '{"data":{"budget":"10.00","name":"my-app","per":"month","spent":"8.00","timestamp":"2026-11-22T22:40:59.420Z","tokenId":"tok_01KMRD3Q0V8W9X0Y1Z2A3B4C5D"},"event":"budget.warning","id":"evt_01M82PPYGWC2MNB8HTE3CJYBYD","timestamp":"2026-11-22T22:40:59.420Z","type":"budget.warning","signature":"sha256=b3307e4b3601f04495ae94b73e8c807fc72386a46456fe7b6f9efc0dae328ff3"}',
  'webhook.disabled':
    '{"data":{"endpoint":"crm","reason":"gone","timestamp":"2026-11-22T22:40:59.311Z"},"event":"webhook.disabled","id":"evt_01M82PPYDF0S5NC819PJ0S0YQJ","timestamp":"2026-11-22T22:40:59.311Z","type":"webhook.disabled","signature":"sha256=b1e702a83085266e84071157294c2f475c2c6a916167baa3de45af8b8ee92aaa"}',
  'webhook.test':
    '{"data":{"endpoint":"app","timestamp":"2026-11-22T22:40:59.306Z"},"event":"webhook.test","id":"evt_01M82PPYDAYCBQ4JF3GF4R6133","timestamp":"2026-11-22T22:40:59.306Z","type":"webhook.test","signature":"sha256=416d4eed5eb4661e09994c4de92a0c5af96e111b74e5b0c4118347df2cd8f712"}',
}

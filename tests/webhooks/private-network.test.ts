import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { type AddressVerdict, verdictOf } from '../../src/outgoing/address-verdict.ts'
import { checkOutgoingUrl, type GuardOptions } from '../../src/outgoing/guarded-agent.ts'
import { createPoster } from '../../src/outgoing/post.ts'
import { respond, startReceiver } from './support/receiver.ts'

const verdicts: Readonly<Record<AddressVerdict, readonly string[]>> = {
  public: [
    '1.1.1.1',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
  ],
  private: [
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '0:0:0:0:0:ffff:c0a8:101',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::10.0.0.1',
    '64:ff9b::8.8.8.8',
    '2002:7f00:1::',
    '2002:a00:1::1',
    '2002:808:808::1',
    '2001::1',
    '2001:db8::1',
    '3fff::1',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
  ],
  forbidden: [
    '169.254.169.254',
    '169.254.0.1',
    '100.100.100.200',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1',
    'fe80::1%lo',
    'fe80::1%25eth0',
    'febf::1',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '',
    'localhost',
    '127.1',
    '0x7f.1',
  ],
}

for (const [verdict, addresses] of Object.entries(verdicts)) {
  for (const address of addresses) {
    test(`${JSON.stringify(address)} is ${verdict}`, () => assert.equal(verdictOf(address), verdict))
  }
}

const loopbackUrls = [
  'http://127.0.0.1/',
  'http://127.0.0.1:8080/hook',
  'https://127.0.0.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7F.0x0.0x0.0x1/',
  'http://0177.0.0.1/',
  'http://017700000001/',
  'http://127.0.0.1./',
  'http://2130706433./',
  'http://0/',
  'http://0.0.0.0/',
  'http://%31%32%37.0.0.1/',
  'http://１２７.０.０.１/',
  'http://127。0。0。1/',
  'http:\\\\127.0.0.1\\',
  'http://10.0.0.1/',
  'http://192.168.0.1/',
  'http://172.16.0.1/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[fd00::1]/',
]
const neverUrls = [
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.254.43518/',
  'http://[fe80::1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[64:ff9b::169.254.169.254]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/',
]
const malformedUrls = [
  '',
  'example.com/hook',
  '//example.com/hook',
  'ftp://example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://',
  'http://[fe80::1%25lo]/',
  'http://[fe80::1%lo]/',
  'http://[::1/',
  'http://256.256.256.256/',
  'http://user@example.com/',
  'http://user:secret@example.com/',
  'http://:secret@example.com/',
  'http://example.com@127.0.0.1/',
  'http://127.0.0.1\\@example.com/',
]

for (const url of loopbackUrls) {
  test(`${url} is refused, and allowed where private networks are`, () => {
    assert.throws(() => checkOutgoingUrl(url, false), { code: 'invalid_request' })
    assert.ok(checkOutgoingUrl(url, true))
  })
}

for (const url of neverUrls) {
  test(`${url} is refused also where private networks are allowed`, () => {
    assert.throws(() => checkOutgoingUrl(url, false), { code: 'invalid_request' })
    assert.throws(() => checkOutgoingUrl(url, true), { code: 'invalid_request' })
  })
}

for (const url of malformedUrls) {
  test(`${JSON.stringify(url)} is refused, and the sentence holds no credentials`, () => {
    assert.throws(
      () => checkOutgoingUrl(url, false),
      (error: Error) => !error.message.includes('secret') && !error.message.includes('user@'),
    )
  })
}

test('public URLs are allowed', () => {
  for (const url of ['https://example.com/hook', 'http://1.1.1.1:8080/', 'https://[2606:4700::1111]/']) {
    assert.equal(checkOutgoingUrl(url, false).href, url)
  }
})

const event = {
  headers: { 'content-type': 'application/json' },
  body: '{"id":"evt_1","event":"x.y","data":{}}',
}
const signal = new AbortController().signal

async function postTo(
  url: string,
  allowPrivateNetwork: boolean,
  options: Pick<GuardOptions, 'resolve' | 'connector'> = {},
) {
  const poster = createPoster(options)
  try {
    return await poster.post({ ...event, url, allowPrivateNetwork }, 3_000, signal)
  } finally {
    await poster.close()
  }
}

test('a name that resolves to loopback is refused before a connection is opened', async () => {
  await using receiver = await startReceiver()
  const url = receiver.url.replace('127.0.0.1', 'innocent.example')
  for (const addresses of [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '::1', family: 6 }],
    [{ address: '::ffff:127.0.0.1', family: 6 }],
    [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ],
  ]) {
    const posted = await postTo(url, false, { resolve: async () => addresses })
    assert.deepEqual(posted, { status: null, error: 'address_refused', answer: null })
  }
  assert.equal(receiver.connections, 0)
})

test('a name that resolves to loopback is called where private networks are allowed', async () => {
  await using receiver = await startReceiver((response) => respond(response, 200, 'here'))
  const url = receiver.url.replace('127.0.0.1', 'intern.example')
  const posted = await postTo(url, true, { resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
  assert.deepEqual(posted, { status: 200, error: null, answer: 'here' })
})

test('a name that resolves to a metadata address is refused also where private networks are allowed', async () => {
  const resolve = async () => [{ address: '169.254.169.254', family: 4 }]
  assert.equal((await postTo('http://intern.example/', true, { resolve })).error, 'address_refused')
})

test('localhost, with a trailing dot too, is refused by the address that the system gives', async () => {
  await using receiver = await startReceiver()
  for (const name of ['localhost', 'LOCALHOST', 'localhost.']) {
    const posted = await postTo(receiver.url.replace('127.0.0.1', name), false)
    // A resolver need not know the name with the dot.
    assert.ok(posted.error === 'address_refused' || (name.endsWith('.') && posted.error === 'dns'), name)
  }
  assert.equal(receiver.connections, 0)
})

test('a name that is public when it is checked and loopback when it is connected to is cut before a byte is sent', async () => {
  await using receiver = await startReceiver()
  const port = Number(new URL(receiver.url).port)
  const answers = ['93.184.216.34', '127.0.0.1']
  const asked: string[] = []
  const resolve = async (name: string) => {
    asked.push(name)
    return [{ address: answers[asked.length - 1] ?? '127.0.0.1', family: 4 }]
  }
  // Checks as the guard does and then, as a client without one would, looks the name up again.
  const connector: GuardOptions['connector'] = (lookup) => (target, done) => {
    lookup(target.hostname, { all: true }, (refused) => {
      if (refused) {
        done(refused, null)
        return
      }
      void resolve(target.hostname).then(async ([second]) => {
        const socket = connect({ host: second?.address ?? '', port })
        await once(socket, 'connect')
        done(null, socket)
      })
    })
  }
  const posted = await postTo(`http://rebinding.example:${port}/`, false, { resolve, connector })
  assert.equal(posted.error, 'address_refused')
  assert.deepEqual(asked, ['rebinding.example', 'rebinding.example'])
  assert.equal(receiver.received.length, 0)
})

test('each new connection is checked anew', async () => {
  await using receiver = await startReceiver((response) => {
    response.writeHead(204, { Connection: 'close' }).end()
  })
  const poster = createPoster({
    resolve: async () => [
      { address: receiver.received.length === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 },
    ],
  })
  const url = receiver.url.replace('127.0.0.1', 'intern.example')
  try {
    assert.equal((await poster.post({ ...event, url, allowPrivateNetwork: true }, 3_000, signal)).status, 204)
    const second = await poster.post({ ...event, url, allowPrivateNetwork: true }, 3_000, signal)
    assert.equal(second.error, 'address_refused')
  } finally {
    await poster.close()
  }
})

test('a literal address, a URL with credentials and a redirect to loopback are refused by the poster itself', async () => {
  await using target = await startReceiver()
  await using receiver = await startReceiver((response) =>
    respond(response, 302, '', { Location: target.url }),
  )
  const port = new URL(receiver.url).port
  for (const url of [
    `http://127.0.0.1:${port}/`,
    `http://2130706433:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
  ]) {
    assert.deepEqual(await postTo(url, false), { status: null, error: 'address_refused', answer: null })
  }
  assert.equal((await postTo(`http://user:secret@127.0.0.1:${port}/`, true)).error, 'url_refused')
  assert.equal(receiver.connections, 0)
  assert.equal((await postTo(`http://127.0.0.1:${port}/`, true)).status, 302)
  assert.equal(target.connections, 0)
})

/**
 * Faults at the level of HTTP: outdated, malformed or hostile messages. Most affect the manifest, the first document.
 */
import { faults } from '../fault.js'
import type { Answer, WirePart } from '../answer.js'
import { chunk, repeatForever, head, headOfAnswer } from '../wire.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
} from '../scene/catalogued.js'

const wireFault = faultDefiner('wire')
/** Traffic up to the manifest: `/v2/`, a refusal, a token and the manifest. */
const manifestBudget: FaultChange = { requests: 4, bytes: 8192 }
/** Matches every successful response with a manifest. */
const everyManifest = { kind: 'manifest', status: 200, times: Infinity } as const

/** Defines a fault that sends raw bytes in place of every manifest. */
const rawManifestFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  parts: (good: Answer) => Iterable<WirePart>,
  /** The connection is closed afterwards. A client may notice that only when it sends the next request. */
  change: FaultChange = outcome === 'image' ? { requests: 9 } : manifestBudget,
): CataloguedFault =>
  wireFault(
    name,
    behaviour,
    outcome,
    ({ registry }) => registry.addFault(faults.wire(parts, everyManifest)),
    change,
  )

/** Defines a fault that sends `text` in place of every manifest. The client must report an invalid response. */
const garbageFault = (name: string, behaviour: string, text: string): CataloguedFault =>
  rawManifestFault(name, behaviour, 'REGISTRY_RESPONSE', () => [text])

/** Faults at the level of HTTP. */
export const wireFaults: readonly CataloguedFault[] = [
  rawManifestFault('http-1.0', 'responds with HTTP/1.0', 'image', (good) => [
    headOfAnswer(good, 'HTTP/1.0'),
    good.body,
  ]),
  rawManifestFault('continue', 'sends three 100 responses before the final one', 'image', (good) => [
    head('100 Continue').repeat(3),
    headOfAnswer(good),
    good.body,
  ]),
  rawManifestFault(
    'early-hints',
    'sends a 103 response with a link before the final one',
    'image',
    (good) => [head('103 Early Hints', 'link: </x>; rel=preload'), headOfAnswer(good), good.body],
  ),
  rawManifestFault(
    'continue-for-ever',
    'sends 100 responses forever',
    'STALLED',
    () => repeatForever(head('100 Continue'), 20),
    {
      requests: 6,
      bytes: 64 * 1024,
      silent: true,
    },
  ),
  rawManifestFault('switching', 'responds with 101', 'REGISTRY_RESPONSE', () => [
    head('101 Switching Protocols', 'upgrade: x', 'connection: upgrade'),
  ]),
  rawManifestFault(
    'closes-unsaid',
    'closes the connection after each response without `Connection: close`',
    'image',
    (good) => [headOfAnswer(good), good.body],
  ),
  wireFault(
    'dies-when-idle',
    'drops each connection 5 ms after the response',
    'image',
    ({ registry }) => registry.addFault(faults.dropIdle(5, { kind: 'any' })),
    { requests: 10 },
  ),
  wireFault(
    'dies-at-once',
    'drops each connection immediately after the response',
    'image',
    ({ registry }) => registry.addFault(faults.dropIdle(0, { kind: 'any' })),
    { requests: 10 },
  ),
  wireFault(
    'goes-away',
    'closes the connection once before it responds',
    'image',
    ({ registry }) => registry.addFault(faults.wire(() => [], { kind: 'manifest', status: 200 })),
    { requests: 9 },
  ),
  wireFault(
    'gone',
    'always closes the connection before it responds',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.wire(() => [], everyManifest)),
    { requests: 7, bytes: 8192 },
  ),
  garbageFault('no-http', 'sends HTML without a status line and headers', '<html>hello</html>\r\n\r\n'),
  garbageFault(
    'icy',
    'sends the status line of another protocol (`ICY`)',
    'ICY 200 OK\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbageFault('http-9.9', 'responds with HTTP/9.9', 'HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
  garbageFault('http-2', 'sends an HTTP/2 frame', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0'),
  garbageFault(
    'status-word',
    'sends a word as the status code',
    'HTTP/1.1 OK 200\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbageFault(
    'nul-in-header',
    'sends a header with a NUL',
    'HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbageFault(
    'blank-in-name',
    'sends a header whose name contains a blank',
    'HTTP/1.1 200 OK\r\nx y: a\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbageFault(
    'bare-return',
    'sends a header with a carriage return that no line feed follows',
    'HTTP/1.1 200 OK\r\nx: a\rset-cookie: b=c\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbageFault(
    'two-lengths',
    'sends two different `Content-Length` headers',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\n{}   ',
  ),
  rawManifestFault(
    'length-and-chunks',
    'sends a correct `Content-Length` together with chunks',
    'image',
    (good) => [
      headOfAnswer({ ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } }),
      chunk(good.body),
      '0\r\n\r\n',
    ],
    { requests: 10 },
  ),
  rawManifestFault(
    'chunks-and-length',
    'sends chunks together with a wrong `Content-Length`',
    'image',
    (good) => [
      head('200 OK', 'transfer-encoding: chunked', 'content-length: 1'),
      chunk(good.body),
      '0\r\n\r\n',
    ],
    { requests: 10 },
  ),
  rawManifestFault(
    'length-without-chunks',
    'sends `Transfer-Encoding: chunked` with a body that is not chunked',
    'NETWORK',
    () => ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}'],
    { requests: 12, bytes: 8192 },
  ),
  garbageFault(
    'negative-length',
    'sends a negative `Content-Length`',
    'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}',
  ),
  garbageFault(
    'length-words',
    'sends a word as `Content-Length`',
    'HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n{}',
  ),
  garbageFault(
    'length-overflow',
    'sends a `Content-Length` of more than 64 bits',
    `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(40)}\r\n\r\n{}`,
  ),
  rawManifestFault(
    'huge-headers',
    'sends 1 MiB of headers',
    'REGISTRY_RESPONSE',
    () => [head('200 OK', `x: ${'x'.repeat(2 ** 20)}`)],
    { requests: 4, bytes: 2 ** 20 + 8192 },
  ),
  rawManifestFault(
    'many-headers',
    'sends 100,000 headers',
    'REGISTRY_RESPONSE',
    () => [head('200 OK', ...Array.from({ length: 100_000 }, (_, n) => `x-${n}: y`))],
    { requests: 4, bytes: 2 ** 21 },
  ),
  rawManifestFault(
    'endless-headers',
    'sends headers forever',
    'REGISTRY_RESPONSE',
    function* () {
      yield 'HTTP/1.1 200 OK\r\n'
      yield* repeatForever(`x: ${'y'.repeat(1000)}\r\n`)
    },
    { requests: 4, bytes: 8 * 2 ** 20 },
  ),
  rawManifestFault('injected-answer', 'sends two responses to one request', 'image', (good) => [
    headOfAnswer(good),
    good.body,
    head('200 OK', 'content-length: 4'),
    'evil',
  ]),
  rawManifestFault('trailer', 'sends a trailer field `Set-Cookie`', 'image', (good) => [
    headOfAnswer({ ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } }).replace(
      /content-length: \d+\r\n/,
      '',
    ),
    `${good.body.length.toString(16)}\r\n`,
    good.body,
    '\r\n0\r\nset-cookie: a=b\r\n\r\n',
  ]),
  rawManifestFault(
    'extra-after-length',
    'sends more bytes than `Content-Length` states',
    'NETWORK',
    (good) => [headOfAnswer(good), good.body, 'and more'],
    { requests: 6, bytes: 8192 },
  ),
  rawManifestFault('chunk-extension', 'sends chunks with extensions', 'image', (good) => [
    headOfAnswer({ ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } }).replace(
      /content-length: \d+\r\n/,
      '',
    ),
    `${good.body.length.toString(16)};a=b\r\n`,
    good.body,
    '\r\n0\r\n\r\n',
  ]),
  rawManifestFault(
    'bad-chunk',
    'sends a chunk with an invalid length',
    'NETWORK',
    () => [head('200 OK', 'transfer-encoding: chunked'), 'zz\r\n'],
    { requests: 6, bytes: 8192 },
  ),
]

/**
 * Faults at the level of HTTP: outdated, malformed or hostile messages. Most affect the manifest, the first document.
 */
import { faults } from '../fault.js'
import type { Answer, WirePart } from '../answer.js'
import { chunk, forever, head, headOf } from '../wire.js'
import { faultsOf, type CataloguedFault, type FaultChange, type FaultOutcome } from '../scene/catalogued.js'

const wire = faultsOf('wire')
const firstRequests: FaultChange = { requests: 4, bytes: 8192 }
const served = { kind: 'manifest', status: 200, times: Infinity } as const

const wireFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  parts: (good: Answer) => Iterable<WirePart>,
  /** The connection is closed afterwards. A client may notice that only when it sends the next request. */
  change: FaultChange = outcome === 'image' ? { requests: 9 } : firstRequests,
): CataloguedFault =>
  wire(name, behaviour, outcome, ({ registry }) => registry.addFault(faults.wire(parts, served)), change)

const garbage = (name: string, behaviour: string, text: string): CataloguedFault =>
  wireFault(name, behaviour, 'REGISTRY_RESPONSE', () => [text])

/** Faults at the level of HTTP. */
export const wireFaults: readonly CataloguedFault[] = [
  wireFault('http-1.0', 'speaks HTTP/1.0', 'image', (good) => [headOf(good, 'HTTP/1.0'), good.body]),
  wireFault('continue', 'says 100 three times before it answers', 'image', (good) => [
    head('100 Continue').repeat(3),
    headOf(good),
    good.body,
  ]),
  wireFault('early-hints', 'says 103 with links before it answers', 'image', (good) => [
    head('103 Early Hints', 'link: </x>; rel=preload'),
    headOf(good),
    good.body,
  ]),
  wireFault(
    'continue-for-ever',
    'says 100 and nothing else',
    'STALLED',
    () => forever(head('100 Continue'), 20),
    {
      requests: 6,
      bytes: 64 * 1024,
      silent: true,
    },
  ),
  wireFault('switching', 'says 101', 'REGISTRY_RESPONSE', () => [
    head('101 Switching Protocols', 'upgrade: x', 'connection: upgrade'),
  ]),
  wireFault('closes-unsaid', 'closes the connection after each answer, without a word', 'image', (good) => [
    headOf(good),
    good.body,
  ]),
  wire(
    'dies-when-idle',
    'drops each connection a moment after its answer',
    'image',
    ({ registry }) => registry.addFault(faults.dropIdle(5, { kind: 'any' })),
    { requests: 10 },
  ),
  wire(
    'dies-at-once',
    'drops each connection with its answer',
    'image',
    ({ registry }) => registry.addFault(faults.dropIdle(0, { kind: 'any' })),
    { requests: 10 },
  ),
  wire(
    'goes-away',
    'closes the connection before it answers, once',
    'image',
    ({ registry }) => registry.addFault(faults.wire(() => [], { kind: 'manifest', status: 200 })),
    { requests: 9 },
  ),
  wire(
    'gone',
    'always closes the connection before it answers',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.wire(() => [], served)),
    { requests: 7, bytes: 8192 },
  ),
  garbage('no-http', 'answers with a page and no head', '<html>hello</html>\r\n\r\n'),
  garbage('icy', 'speaks another protocol', 'ICY 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
  garbage('http-9.9', 'speaks HTTP/9.9', 'HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
  garbage('http-2', 'speaks HTTP/2', '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0'),
  garbage('status-word', 'has a word for a status', 'HTTP/1.1 OK 200\r\ncontent-length: 2\r\n\r\n{}'),
  garbage(
    'nul-in-header',
    'has a NUL in a header',
    'HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbage(
    'blank-in-name',
    "has a blank in a header's name",
    'HTTP/1.1 200 OK\r\nx y: a\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbage(
    'bare-return',
    'has a line that ends half',
    'HTTP/1.1 200 OK\r\nx: a\rset-cookie: b=c\r\ncontent-length: 2\r\n\r\n{}',
  ),
  garbage(
    'two-lengths',
    'has two lengths',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\n{}   ',
  ),
  wireFault(
    'length-and-chunks',
    'has a length, and chunks in spite of it',
    'image',
    (good) => [
      headOf({ ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } }),
      chunk(good.body),
      '0\r\n\r\n',
    ],
    { requests: 10 },
  ),
  wireFault(
    'chunks-and-length',
    'has chunks, and then a wrong length',
    'image',
    (good) => [
      head('200 OK', 'transfer-encoding: chunked', 'content-length: 1'),
      chunk(good.body),
      '0\r\n\r\n',
    ],
    { requests: 10 },
  ),
  wireFault(
    'length-without-chunks',
    'has a length, and says chunks, which it does not send',
    'NETWORK',
    () => ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}'],
    { requests: 12, bytes: 8192 },
  ),
  garbage('negative-length', 'has a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}'),
  garbage('length-words', 'has a length in words', 'HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n{}'),
  garbage(
    'length-overflow',
    'has a length beyond 64 bits',
    `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(40)}\r\n\r\n{}`,
  ),
  wireFault(
    'huge-headers',
    'has 1 MiB of headers',
    'REGISTRY_RESPONSE',
    () => [head('200 OK', `x: ${'x'.repeat(2 ** 20)}`)],
    { requests: 4, bytes: 2 ** 20 + 8192 },
  ),
  wireFault(
    'many-headers',
    'has 100,000 headers',
    'REGISTRY_RESPONSE',
    () => [head('200 OK', ...Array.from({ length: 100_000 }, (_, n) => `x-${n}: y`))],
    { requests: 4, bytes: 2 ** 21 },
  ),
  wireFault(
    'endless-headers',
    'has headers without end',
    'REGISTRY_RESPONSE',
    function* () {
      yield 'HTTP/1.1 200 OK\r\n'
      yield* forever(`x: ${'y'.repeat(1000)}\r\n`)
    },
    { requests: 4, bytes: 8 * 2 ** 20 },
  ),
  wireFault('injected-answer', 'sends two answers to one request', 'image', (good) => [
    headOf(good),
    good.body,
    head('200 OK', 'content-length: 4'),
    'evil',
  ]),
  wireFault('trailer', 'sends a trailer that looks like a header', 'image', (good) => [
    headOf({ ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } }).replace(
      /content-length: \d+\r\n/,
      '',
    ),
    `${good.body.length.toString(16)}\r\n`,
    good.body,
    '\r\n0\r\nset-cookie: a=b\r\n\r\n',
  ]),
  wireFault(
    'extra-after-length',
    'sends more than its length',
    'NETWORK',
    (good) => [headOf(good), good.body, 'and more'],
    { requests: 6, bytes: 8192 },
  ),
  wireFault('chunk-extension', 'sends chunks with extensions', 'image', (good) => [
    headOf({ ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } }).replace(
      /content-length: \d+\r\n/,
      '',
    ),
    `${good.body.length.toString(16)};a=b\r\n`,
    good.body,
    '\r\n0\r\n\r\n',
  ]),
  wireFault(
    'bad-chunk',
    'has a chunk without a length',
    'NETWORK',
    () => [head('200 OK', 'transfer-encoding: chunked'), 'zz\r\n'],
    { requests: 6, bytes: 8192 },
  ),
]

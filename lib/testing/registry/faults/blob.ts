/** Faults of the bytes of a layer. */
import { withoutHeaders } from '../answer.js'
import { faults, type FaultMoment } from '../fault.js'
import { chunk, repeatForever, head } from '../wire.js'
import { layerFault } from './blob-fault.js'
import type { CataloguedFault, FaultChange, FaultScene } from '../scene/catalogued.js'

/** Allows one additional request. */
const oneRetryBudget: FaultChange = { requests: 8 }
/** Allows the whole layer twice, because the client may have to discard the bytes that it received first. */
const sentTwiceBudget: FaultChange = { requests: 8, bytes: 210 * 1024 }

const once = (moment: FaultMoment): FaultMoment => ({ ...moment, times: 1 })

/** Interrupt the response once, at the boundaries of the layer and at random positions. */
const breakFaults = (['truncate', 'reset'] as const).flatMap((how) => {
  const behaviour = how === 'truncate' ? 'closes the connection once' : 'resets the connection once'
  // A reset may discard bytes that were sent before it.
  const change = how === 'truncate' ? oneRetryBudget : sentTwiceBudget
  const positions: readonly (readonly [string, string, (scene: FaultScene) => number])[] = [
    ['before-the-first-byte', 'before the first byte', () => 0],
    ['after-the-first-byte', 'after the first byte', () => 1],
    ['before-the-last-byte', 'before the last byte', ({ size }) => size - 1],
    ['anywhere-1', 'at a random byte', ({ size, random }) => random(size)],
    ['anywhere-2', 'at a random byte', ({ size, random }) => random(size)],
    ['anywhere-3', 'at a random byte', ({ size, random }) => random(size)],
  ]
  return positions.map(([name, where, position]) =>
    layerFault(
      `${how}-${name}`,
      `${behaviour} ${where} of the layer`,
      'image',
      (moment, scene) => faults[how](position(scene), once(moment)),
      change,
    ),
  )
})

const brokenFaults = [
  layerFault(
    'breaks-off-often',
    'closes the connection after every 26,000 bytes of the layer',
    'image',
    (moment) => faults.truncate(26_000, moment),
    { requests: 10 },
  ),
  layerFault(
    'breaks-off-and-forgets',
    'sends the first 70,000 bytes of the layer in every response, whatever the requested range',
    'NETWORK',
    (moment, { registry, layer }) =>
      faults.answer(
        () => ({
          status: 200,
          headers: { 'transfer-encoding': 'chunked' },
          body: registry.blob(layer) ?? Buffer.alloc(0),
          breakOff: { after: 70_000, how: 'close' },
        }),
        moment,
      ),
    { requests: 9, bytes: 230 * 1024 },
  ),
  layerFault(
    'truncated',
    'closes the connection before the first byte of the layer, always',
    'NETWORK',
    (moment) => faults.truncate(0, moment),
    { requests: 9, bytes: 16 * 1024 },
  ),
  layerFault(
    'reset',
    'resets the connection before the first byte of the layer, always',
    'NETWORK',
    (moment) => faults.reset(0, moment),
    {
      requests: 9,
      bytes: 16 * 1024,
    },
  ),
  layerFault(
    'truncated-twice',
    'closes the connection twice, each time after another quarter of the layer',
    'image',
    (moment, { size }) => faults.truncate(Math.floor(size / 4), { ...moment, times: 2 }),
    { requests: 9 },
  ),
  layerFault(
    'truncated-without-length',
    'closes the connection once in the middle of the layer, without `Content-Length`',
    'image',
    (moment) =>
      faults.wire((good) => ['HTTP/1.0 200 OK\r\n\r\n', good.body.subarray(0, 30_000)], once(moment)),
    oneRetryBudget,
  ),
  layerFault(
    'truncated-in-chunks',
    'closes the connection once between two chunks',
    'image',
    (moment) =>
      faults.wire(
        (good) => [head('200 OK', 'transfer-encoding: chunked'), chunk(good.body.subarray(0, 30_000)), 50],
        once(moment),
      ),
    oneRetryBudget,
  ),
  layerFault(
    'truncated-in-a-chunk',
    'closes the connection once inside a chunk',
    'image',
    (moment) =>
      faults.wire(
        (good) => [
          head('200 OK', 'transfer-encoding: chunked'),
          chunk(good.body.subarray(0, 30_000)).subarray(0, 20_000),
          50,
        ],
        once(moment),
      ),
    oneRetryBudget,
  ),
  layerFault(
    'bad-chunk-once',
    'sends a chunk with an invalid length, once',
    'image',
    (moment) =>
      faults.wire(
        (good) => [
          head('200 OK', 'transfer-encoding: chunked'),
          chunk(good.body.subarray(0, 30_000)),
          50,
          'zz\r\n',
        ],
        once(moment),
      ),
    sentTwiceBudget,
  ),
  layerFault(
    'bad-chunk',
    'sends a chunk with an invalid length, always',
    'NETWORK',
    (moment) => faults.wire(() => [head('200 OK', 'transfer-encoding: chunked'), 'zz\r\n'], moment),
    { requests: 9, bytes: 16 * 1024 },
  ),
  layerFault(
    'bad-chunk-end-once',
    'sends a chunk that is longer than its length, once',
    'image',
    (moment) =>
      faults.wire(
        (good) => [
          head('200 OK', 'transfer-encoding: chunked'),
          chunk(good.body.subarray(0, 3_000)),
          50,
          '5\r\nabcdefgh\r\n',
        ],
        once(moment),
      ),
    sentTwiceBudget,
  ),
]

const lengthFaults = [
  layerFault('chunked', 'sends the layer in chunks, without `Content-Length`', 'image', (moment) =>
    faults.chunked(moment),
  ),
  layerFault(
    'no-length',
    'sends the layer with HTTP/1.0, and ends it by closing the connection',
    'image',
    (moment) => faults.wire((good) => ['HTTP/1.0 200 OK\r\n\r\n', good.body], moment),
  ),
  layerFault(
    'longer',
    'sends a layer with an additional byte, with the matching `Content-Length`',
    'SIZE_MISMATCH',
    (moment) => faults.body((good) => Buffer.concat([good, Buffer.from([0])]), moment),
    { bytes: 210 * 1024 },
  ),
  layerFault('longer-chunked', 'sends a layer with an additional byte in chunks', 'SIZE_MISMATCH', (moment) =>
    faults.body((good) => Buffer.concat([good, Buffer.from([0])]), moment, {
      'transfer-encoding': 'chunked',
    }),
  ),
  layerFault(
    'shorter',
    'sends a layer without its first byte, with the matching `Content-Length`',
    'SIZE_MISMATCH',
    (moment) => faults.body((good) => good.subarray(1), moment),
  ),
  layerFault('empty', 'sends an empty layer', 'SIZE_MISMATCH', (moment) => faults.body('', moment)),
  layerFault(
    'endless',
    'sends a layer that never ends',
    'SIZE_MISMATCH',
    (moment) =>
      faults.wire(function* ({ body }) {
        yield head('200 OK', 'transfer-encoding: chunked')
        yield chunk(body)
        // The rate is low, because the client does not read while it writes to a disk.
        yield* repeatForever(chunk('x'.repeat(1024)), 10)
      }, moment),
    { bytes: 8 * 2 ** 20 },
  ),
  layerFault(
    'said-to-be-huge',
    'sends `Content-Length: 1099511627776` (1 TiB) for the layer',
    'SIZE_MISMATCH',
    (moment) => faults.wire(() => [head('200 OK', `content-length: ${2 ** 40}`), 'x'], moment, 'stall'),
  ),
]

const contentFaults = [
  layerFault('wrong-byte', 'sends a layer with a wrong byte', 'DIGEST_MISMATCH', (moment, { random, size }) =>
    faults.wrongByte(random(size), moment),
  ),
  layerFault('wrong-first-byte', 'sends a layer with a wrong first byte', 'DIGEST_MISMATCH', (moment) =>
    faults.wrongByte(0, moment),
  ),
  layerFault('zeros', 'sends zeros in place of the layer', 'DIGEST_MISMATCH', (moment) =>
    faults.body((good) => Buffer.alloc(good.length), moment),
  ),
  layerFault('page', 'sends HTML of the same length in place of the layer', 'DIGEST_MISMATCH', (moment) =>
    faults.body((good) => Buffer.alloc(good.length, '<p>'), moment),
  ),
  layerFault('other-layer', 'sends the other layer', 'SIZE_MISMATCH', (moment, { image }) =>
    faults.body(image.layers[1]?.bytes ?? '', moment),
  ),
]

const headerFaults = [
  layerFault('html-type', 'sends the layer with `Content-Type: text/html`', 'image', (moment) =>
    faults.header('content-type', 'text/html', moment),
  ),
  layerFault('no-type', 'sends the layer without `Content-Type`', 'image', (moment) =>
    faults.answer((good) => ({ ...good, headers: withoutHeaders(good.headers, 'content-type') }), moment),
  ),
  layerFault(
    'digest-header-lies',
    'sends the layer with a wrong `Docker-Content-Digest`',
    'image',
    (moment) => faults.header('docker-content-digest', `sha256:${'0'.repeat(64)}`, moment),
  ),
  layerFault(
    'part-unasked',
    'sends the layer with status 206, although no range was requested',
    'REGISTRY_RESPONSE',
    (moment) =>
      faults.answer(
        (good) => ({
          ...good,
          status: 206,
          headers: {
            ...good.headers,
            'content-range': `bytes 0-${good.body.length - 1}/${good.body.length}`,
          },
        }),
        moment,
      ),
    { bytes: 210 * 1024 },
  ),
  layerFault(
    'multipart-unasked',
    'sends the layer as `multipart/byteranges`, although no range was requested',
    'REGISTRY_RESPONSE',
    (moment) =>
      faults.answer(
        (good) => ({ ...good, status: 206, headers: { 'content-type': 'multipart/byteranges; boundary=x' } }),
        moment,
      ),
    { bytes: 210 * 1024 },
  ),
]

/** Faults of the bytes of a layer. */
export const blobFaults: readonly CataloguedFault[] = [
  ...breakFaults,
  ...brokenFaults,
  ...lengthFaults,
  ...contentFaults,
  ...headerFaults,
]

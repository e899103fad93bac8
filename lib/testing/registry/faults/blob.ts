/** Faults of the bytes of a layer. */
import { withoutHeaders } from '../answer.js'
import { faults, type FaultMoment } from '../fault.js'
import { chunk, forever, head } from '../wire.js'
import { layerFault } from './blob-fault.js'
import type { CataloguedFault, FaultChange, FaultScene } from '../scene/catalogued.js'

const oneRetry: FaultChange = { requests: 8 }
/** The client may have to discard the bytes that it received first. */
const sentTwice: FaultChange = { requests: 8, bytes: 210 * 1024 }

const once = (moment: FaultMoment): FaultMoment => ({ ...moment, times: 1 })

/** Breaks the response off once, at boundary positions and at random positions. */
const breaks = (['truncate', 'reset'] as const).flatMap((how) => {
  const behaviour = how === 'truncate' ? 'breaks off once' : 'is reset once'
  // A reset may discard bytes that were sent before it.
  const change = how === 'truncate' ? oneRetry : sentTwice
  const places: readonly (readonly [string, string, (scene: FaultScene) => number])[] = [
    ['before-the-first-byte', 'before the first byte', () => 0],
    ['after-the-first-byte', 'after the first byte', () => 1],
    ['before-the-last-byte', 'before the last byte', ({ size }) => size - 1],
    ['anywhere-1', 'somewhere', ({ size, random }) => random(size)],
    ['anywhere-2', 'somewhere', ({ size, random }) => random(size)],
    ['anywhere-3', 'somewhere', ({ size, random }) => random(size)],
  ]
  return places.map(([name, where, position]) =>
    layerFault(
      `${how}-${name}`,
      `${behaviour}, ${where}`,
      'image',
      (moment, scene) => faults[how](position(scene), once(moment)),
      change,
    ),
  )
})

const broken = [
  layerFault(
    'breaks-off-often',
    'always breaks off after 26,000 bytes more',
    'image',
    (moment) => faults.truncate(26_000, moment),
    { requests: 10 },
  ),
  layerFault(
    'breaks-off-and-forgets',
    'always sends the first 70,000 bytes and breaks off, whatever part is wanted',
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
    'always breaks off before the first byte',
    'NETWORK',
    (moment) => faults.truncate(0, moment),
    { requests: 9, bytes: 16 * 1024 },
  ),
  layerFault(
    'reset',
    'is always reset before the first byte',
    'NETWORK',
    (moment) => faults.reset(0, moment),
    {
      requests: 9,
      bytes: 16 * 1024,
    },
  ),
  layerFault(
    'truncated-twice',
    'breaks off twice, each time later',
    'image',
    (moment, { size }) => faults.truncate(Math.floor(size / 4), { ...moment, times: 2 }),
    { requests: 9 },
  ),
  layerFault(
    'truncated-without-length',
    'breaks off once, without a length that tells',
    'image',
    (moment) =>
      faults.wire((good) => ['HTTP/1.0 200 OK\r\n\r\n', good.body.subarray(0, 30_000)], once(moment)),
    oneRetry,
  ),
  layerFault(
    'truncated-in-chunks',
    'breaks off once between chunks',
    'image',
    (moment) =>
      faults.wire(
        (good) => [head('200 OK', 'transfer-encoding: chunked'), chunk(good.body.subarray(0, 30_000)), 50],
        once(moment),
      ),
    oneRetry,
  ),
  layerFault(
    'truncated-in-a-chunk',
    'breaks off once in a chunk',
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
    oneRetry,
  ),
  layerFault(
    'bad-chunk-once',
    'comes in chunks, one of which has no length, once',
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
    sentTwice,
  ),
  layerFault(
    'bad-chunk',
    'comes in chunks, one of which never has a length',
    'NETWORK',
    (moment) => faults.wire(() => [head('200 OK', 'transfer-encoding: chunked'), 'zz\r\n'], moment),
    { requests: 9, bytes: 16 * 1024 },
  ),
  layerFault(
    'bad-chunk-end-once',
    'has a chunk that is longer than it says, once',
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
    sentTwice,
  ),
]

const lengths = [
  layerFault('chunked', 'comes without a length', 'image', (moment) => faults.chunked(moment)),
  layerFault('no-length', 'comes without a length, and ends with the connection', 'image', (moment) =>
    faults.wire((good) => ['HTTP/1.0 200 OK\r\n\r\n', good.body], moment),
  ),
  layerFault(
    'longer',
    'is a byte longer, and says so',
    'SIZE_MISMATCH',
    (moment) => faults.body((good) => Buffer.concat([good, Buffer.from([0])]), moment),
    { bytes: 210 * 1024 },
  ),
  layerFault('longer-chunked', 'is a byte longer', 'SIZE_MISMATCH', (moment) =>
    faults.body((good) => Buffer.concat([good, Buffer.from([0])]), moment, {
      'transfer-encoding': 'chunked',
    }),
  ),
  layerFault('shorter', 'is a byte shorter, and says so', 'SIZE_MISMATCH', (moment) =>
    faults.body((good) => good.subarray(1), moment),
  ),
  layerFault('empty', 'is empty', 'SIZE_MISMATCH', (moment) => faults.body('', moment)),
  layerFault(
    'endless',
    'never ends',
    'SIZE_MISMATCH',
    (moment) =>
      faults.wire(function* ({ body }) {
        yield head('200 OK', 'transfer-encoding: chunked')
        yield chunk(body)
        // The rate is low, because the client does not read while it writes to a disk.
        yield* forever(chunk('x'.repeat(1024)), 10)
      }, moment),
    { bytes: 8 * 2 ** 20 },
  ),
  layerFault('said-to-be-huge', 'is said to be 1 TiB long', 'SIZE_MISMATCH', (moment) =>
    faults.wire(() => [head('200 OK', `content-length: ${2 ** 40}`), 'x'], moment, 'stall'),
  ),
]

const bytes = [
  layerFault('wrong-byte', 'has a wrong byte', 'DIGEST_MISMATCH', (moment, { random, size }) =>
    faults.wrongByte(random(size), moment),
  ),
  layerFault('wrong-first-byte', 'has a wrong first byte', 'DIGEST_MISMATCH', (moment) =>
    faults.wrongByte(0, moment),
  ),
  layerFault('zeros', 'is all zeros', 'DIGEST_MISMATCH', (moment) =>
    faults.body((good) => Buffer.alloc(good.length), moment),
  ),
  layerFault('page', 'is a page of the right length', 'DIGEST_MISMATCH', (moment) =>
    faults.body((good) => Buffer.alloc(good.length, '<p>'), moment),
  ),
  layerFault('other-layer', 'is the other layer', 'SIZE_MISMATCH', (moment, { image }) =>
    faults.body(image.layers[1]?.bytes ?? '', moment),
  ),
]

const headers = [
  layerFault('html-type', 'is called a page', 'image', (moment) =>
    faults.header('content-type', 'text/html', moment),
  ),
  layerFault('no-type', 'is not called anything', 'image', (moment) =>
    faults.answer((good) => ({ ...good, headers: withoutHeaders(good.headers, 'content-type') }), moment),
  ),
  layerFault('digest-header-lies', 'is called by another digest', 'image', (moment) =>
    faults.header('docker-content-digest', `sha256:${'0'.repeat(64)}`, moment),
  ),
  layerFault(
    'part-unasked',
    'comes as a part that was not requested',
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
    'comes in several parts that were not requested',
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
export const blobFaults: readonly CataloguedFault[] = [...breaks, ...broken, ...lengths, ...bytes, ...headers]

/** Faults of timing: responses that are late, stop, or arrive byte by byte. */
import { faults } from '../fault.js'
import { chunk, drip, repeatForever, head, headOfAnswer } from '../wire.js'
import { faultDefiner, type CataloguedFault } from '../scene/catalogued.js'

const stallFault = faultDefiner('stall', { silent: true })
/** Matches every successful response with a manifest. */
const everyManifest = { kind: 'manifest', status: 200, times: Infinity } as const

/** Faults of timing. */
export const stallFaults: readonly CataloguedFault[] = [
  stallFault(
    'manifest-silent',
    'does not respond to the manifest request, always',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, everyManifest)),
    { requests: 6, bytes: 8192 },
  ),
  stallFault(
    'manifest-silent-once',
    'does not respond to the manifest request once',
    'image',
    ({ registry }) => registry.addFault(faults.slow(60_000, { ...everyManifest, times: 1 })),
    { requests: 8 },
  ),
  stallFault(
    'manifest-stops',
    'stalls in the middle of the manifest, always',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(100, everyManifest)),
    { requests: 6, bytes: 8192 },
  ),
  stallFault(
    'manifest-drips',
    'sends the manifest, a byte every 100 ms',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* (good) {
          yield headOfAnswer(good)
          yield* drip(good.body, 100)
        }, everyManifest),
      ),
    { requests: 6, bytes: 8192 },
  ),
  stallFault(
    'manifest-headers-stop',
    'stalls in the middle of the headers of the manifest, always',
    'STALLED',
    ({ registry }) =>
      registry.addFault(faults.wire(() => ['HTTP/1.1 200 OK\r\nx: '], everyManifest, 'stall')),
    { requests: 6, bytes: 8192 },
  ),
  stallFault(
    'manifest-headers-drip',
    'sends an endless header of the manifest, a byte every 50 ms',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield 'HTTP/1.1 200 OK\r\nx: '
          yield* repeatForever('y', 50)
        }, everyManifest),
      ),
    { requests: 6, bytes: 8192 },
  ),
  stallFault(
    'blob-silent',
    'does not respond to a blob request, always',
    'STALLED',
    ({ registry, layer }) => registry.addFault(faults.slow(60_000, { reference: layer, times: Infinity })),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stallFault(
    'blob-silent-once',
    'does not respond to a blob request once',
    'image',
    ({ registry, layer }) => registry.addFault(faults.slow(60_000, { reference: layer })),
    { requests: 8 },
  ),
  stallFault(
    'blob-stops-at-once',
    'stalls before the first byte of a blob, always',
    'STALLED',
    ({ registry, layer }) => registry.addFault(faults.stall(0, { reference: layer, times: Infinity })),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stallFault(
    'blob-stops-once',
    'stalls once in the middle of a blob',
    'image',
    ({ registry, layer, random, size }) =>
      registry.addFault(faults.stall(random(size), { reference: layer })),
    { requests: 8 },
  ),
  stallFault(
    'blob-stops-before-the-end',
    'stalls once before the last byte of a blob',
    'image',
    ({ registry, layer, size }) => registry.addFault(faults.stall(size - 1, { reference: layer })),
    { requests: 8 },
  ),
  stallFault(
    'blob-trickles',
    'sends a blob at ten bytes per second, always',
    'STALLED',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire((good) => [headOfAnswer(good), ...drip(good.body, 100)], {
          reference: layer,
          times: Infinity,
        }),
      ),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stallFault(
    'blob-trickles-once',
    'sends the second half of a blob at ten bytes per second, once',
    'image',
    ({ registry, layer, size }) =>
      registry.addFault(
        faults.wire(
          function* (good) {
            yield headOfAnswer(good)
            yield good.body.subarray(0, size / 2)
            yield* drip(good.body.subarray(size / 2), 100)
          },
          { reference: layer },
        ),
      ),
    { requests: 8 },
  ),
  stallFault(
    'blob-headers-drip-once',
    'sends the headers of a blob, a byte every 50 ms, once',
    'image',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire(() => drip(head('200 OK', `x: ${'x'.repeat(10_000)}`), 50), { reference: layer }),
      ),
    { requests: 8 },
  ),
  stallFault(
    'config-trickles',
    'sends the config at ten bytes per second, always',
    'STALLED',
    ({ registry, config }) =>
      registry.addFault(
        faults.wire((good) => [headOfAnswer(good), ...drip(good.body, 100)], {
          reference: config,
          times: Infinity,
        }),
      ),
    { requests: 9 },
  ),
  stallFault(
    'blob-without-end',
    'sends a whole blob in chunks, and never the last chunk',
    'image',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire(
          (good) => [head('200 OK', 'transfer-encoding: chunked'), chunk(good.body)],
          { reference: layer, times: Infinity },
          'stall',
        ),
      ),
  ),
  stallFault('blob-late', 'sends a blob after 100 ms', 'image', ({ registry, layer }) =>
    registry.addFault(faults.slow(100, { reference: layer, times: Infinity })),
  ),
  stallFault(
    'blob-headers-drip',
    'sends the headers of a blob, a byte every 50 ms, always',
    'STALLED',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire(() => drip(head('200 OK', `x: ${'x'.repeat(10_000)}`), 50), {
          reference: layer,
          times: Infinity,
        }),
      ),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stallFault(
    'refusal-stops',
    'responds to the manifest request with 403, and stalls in the body',
    'DENIED',
    ({ registry }) =>
      registry.addFault(
        faults.answer(
          (good) => ({ ...good, status: 403, breakOff: { after: 5, how: 'stall' } }),
          everyManifest,
        ),
      ),
    { requests: 4, bytes: 8192 },
  ),
]

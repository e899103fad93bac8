/** Faults of timing: responses that are late, stop, or arrive byte by byte. */
import { faults } from '../fault.js'
import { chunk, drip, forever, head, headOf } from '../wire.js'
import { faultsOf, type CataloguedFault } from '../scene/catalogued.js'

const stall = faultsOf('stall', { silent: true })
const served = { kind: 'manifest', status: 200, times: Infinity } as const

/** Faults of timing. */
export const stallFaults: readonly CataloguedFault[] = [
  stall(
    'manifest-silent',
    'takes the request for the manifest and says nothing',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, served)),
    { requests: 6, bytes: 8192 },
  ),
  stall(
    'manifest-silent-once',
    'says nothing once',
    'image',
    ({ registry }) => registry.addFault(faults.slow(60_000, { ...served, times: 1 })),
    { requests: 8 },
  ),
  stall(
    'manifest-stops',
    'stops in the middle of the manifest',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(100, served)),
    { requests: 6, bytes: 8192 },
  ),
  stall(
    'manifest-drips',
    'sends the manifest a byte now and then',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* (good) {
          yield headOf(good)
          yield* drip(good.body, 100)
        }, served),
      ),
    { requests: 6, bytes: 8192 },
  ),
  stall(
    'manifest-headers-stop',
    'stops in the middle of the headers',
    'STALLED',
    ({ registry }) => registry.addFault(faults.wire(() => ['HTTP/1.1 200 OK\r\nx: '], served, 'stall')),
    { requests: 6, bytes: 8192 },
  ),
  stall(
    'manifest-headers-drip',
    'sends headers for ever, a byte now and then',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield 'HTTP/1.1 200 OK\r\nx: '
          yield* forever('y', 50)
        }, served),
      ),
    { requests: 6, bytes: 8192 },
  ),
  stall(
    'blob-silent',
    'takes the request for a blob and says nothing',
    'STALLED',
    ({ registry, layer }) => registry.addFault(faults.slow(60_000, { reference: layer, times: Infinity })),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stall(
    'blob-silent-once',
    'says nothing about a blob once',
    'image',
    ({ registry, layer }) => registry.addFault(faults.slow(60_000, { reference: layer })),
    { requests: 8 },
  ),
  stall(
    'blob-stops-at-once',
    'stops before the first byte of a blob, always',
    'STALLED',
    ({ registry, layer }) => registry.addFault(faults.stall(0, { reference: layer, times: Infinity })),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stall(
    'blob-stops-once',
    'stops in the middle of a blob once',
    'image',
    ({ registry, layer, random, size }) =>
      registry.addFault(faults.stall(random(size), { reference: layer })),
    { requests: 8 },
  ),
  stall(
    'blob-stops-before-the-end',
    'stops before the last byte of a blob once',
    'image',
    ({ registry, layer, size }) => registry.addFault(faults.stall(size - 1, { reference: layer })),
    { requests: 8 },
  ),
  stall(
    'blob-trickles',
    'sends a blob ten bytes a second',
    'STALLED',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire((good) => [headOf(good), ...drip(good.body, 100)], {
          reference: layer,
          times: Infinity,
        }),
      ),
    { requests: 9, bytes: 16 * 1024 },
  ),
  stall(
    'blob-trickles-once',
    'sends half a blob, and then ten bytes a second, once',
    'image',
    ({ registry, layer, size }) =>
      registry.addFault(
        faults.wire(
          function* (good) {
            yield headOf(good)
            yield good.body.subarray(0, size / 2)
            yield* drip(good.body.subarray(size / 2), 100)
          },
          { reference: layer },
        ),
      ),
    { requests: 8 },
  ),
  stall(
    'blob-headers-drip-once',
    'sends the headers of a blob a byte now and then, once',
    'image',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire(() => drip(head('200 OK', `x: ${'x'.repeat(10_000)}`), 50), { reference: layer }),
      ),
    { requests: 8 },
  ),
  stall(
    'config-trickles',
    'sends the config ten bytes a second',
    'STALLED',
    ({ registry, config }) =>
      registry.addFault(
        faults.wire((good) => [headOf(good), ...drip(good.body, 100)], {
          reference: config,
          times: Infinity,
        }),
      ),
    { requests: 9 },
  ),
  stall('blob-without-end', 'sends a whole blob and then no end of it', 'image', ({ registry, layer }) =>
    registry.addFault(
      faults.wire(
        (good) => [head('200 OK', 'transfer-encoding: chunked'), chunk(good.body)],
        { reference: layer, times: Infinity },
        'stall',
      ),
    ),
  ),
  stall('blob-late', 'sends a blob late, but in time', 'image', ({ registry, layer }) =>
    registry.addFault(faults.slow(100, { reference: layer, times: Infinity })),
  ),
  stall(
    'blob-headers-drip',
    'sends the headers of a blob a byte now and then',
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
  stall(
    'refusal-stops',
    'stops in the middle of a refusal',
    'DENIED',
    ({ registry }) =>
      registry.addFault(
        faults.answer((good) => ({ ...good, status: 403, breakOff: { after: 5, how: 'stall' } }), served),
      ),
    { requests: 4, bytes: 8192 },
  ),
]

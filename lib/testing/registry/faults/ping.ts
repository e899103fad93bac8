/** Faults of `GET /v2/`, by which a client detects the protocol of a registry on a loopback address. */
import { problem } from '../answer.js'
import { faults } from '../fault.js'
import { drip, forever, head } from '../wire.js'
import { faultsOf, type CataloguedFault } from '../scene/catalogued.js'

const ping = faultsOf('ping')
const at = { kind: 'ping', times: Infinity } as const

/** Faults of `GET /v2/`. */
export const pingFaults: readonly CataloguedFault[] = [
  ping('not-found', 'has no `/v2/` of its own', 'image', ({ registry }) =>
    registry.addFault(faults.status(404, at)),
  ),
  ping('broken', 'answers `/v2/` with 500', 'image', ({ registry }) =>
    registry.addFault(faults.status(500, at)),
  ),
  ping('redirect', 'sends `/v2/` to another origin', 'image', ({ registry, elsewhere }) =>
    registry.addFault(faults.redirect(`${elsewhere.url}/v2/`, at)),
  ),
  ping(
    'wants-tls',
    'says that it wants HTTPS, and does not speak it',
    'TLS',
    ({ registry }) =>
      registry.addFault(
        faults.answer(problem(400, 'UNKNOWN', 'Client sent an HTTP request to an HTTPS server.'), at),
      ),
    { requests: 1 },
  ),
  ping(
    'reset-once',
    'resets the first connection',
    'image',
    ({ registry }) => registry.addFault(faults.wire(() => [], { kind: 'ping', nth: 1 }, 'reset')),
    { requests: 9 },
  ),
  ping(
    'reset',
    'resets every connection',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.wire(() => [], at, 'reset')),
    { requests: 3 },
  ),
  ping(
    'not-http',
    'is an SSH server',
    'TLS',
    ({ registry }) => registry.addFault(faults.wire(() => ['SSH-2.0-OpenSSH_9.6\r\n'], at)),
    { requests: 1 },
  ),
  ping(
    'silent',
    'takes the request and says nothing',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, at)),
    { requests: 3, silent: true },
  ),
  ping(
    'endless-body',
    'answers `/v2/` with a body that never ends',
    'image',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* forever('x'.repeat(4096))
        }, at),
      ),
    { bytes: 8 * 1024 * 1024 },
  ),
  ping(
    'dripping-body',
    'answers `/v2/` with a byte now and then',
    'image',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* forever('x', 100)
        }, at),
      ),
    { silent: true },
  ),
  ping(
    'dripping-headers',
    'sends the headers of `/v2/` a byte now and then',
    'STALLED',
    ({ registry }) =>
      registry.addFault(faults.wire(() => drip(head('200 OK', `x-long: ${'x'.repeat(1000)}`), 50), at)),
    { requests: 3, silent: true },
  ),
  ping(
    'huge-headers',
    'answers `/v2/` with 1 MiB of headers',
    'REGISTRY_RESPONSE',
    ({ registry }) =>
      registry.addFault(faults.wire(() => [head('200 OK', `x-long: ${'x'.repeat(2 ** 20)}`)], at)),
    { requests: 1, bytes: 2 ** 20 + 4096 },
  ),
  ping('cookie', 'wants a cookie to be kept', 'image', ({ registry }) =>
    registry.addFault(faults.header('set-cookie', 'session=1; Path=/', at)),
  ),
]

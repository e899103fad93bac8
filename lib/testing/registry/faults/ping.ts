/** Faults of `GET /v2/`, by which a client detects the protocol of a registry on a loopback address. */
import { problem } from '../answer.js'
import { faults } from '../fault.js'
import { drip, repeatForever, head } from '../wire.js'
import { faultDefiner, type CataloguedFault } from '../scene/catalogued.js'

const pingFault = faultDefiner('ping')
/** Matches every request for `/v2/`. */
const everyPing = { kind: 'ping', times: Infinity } as const

/** Faults of `GET /v2/`. */
export const pingFaults: readonly CataloguedFault[] = [
  pingFault('not-found', 'responds to `/v2/` with 404', 'image', ({ registry }) =>
    registry.addFault(faults.status(404, everyPing)),
  ),
  pingFault('broken', 'responds to `/v2/` with 500', 'image', ({ registry }) =>
    registry.addFault(faults.status(500, everyPing)),
  ),
  pingFault('redirect', 'redirects `/v2/` to another origin', 'image', ({ registry, elsewhere }) =>
    registry.addFault(faults.redirect(`${elsewhere.url}/v2/`, everyPing)),
  ),
  pingFault(
    'wants-tls',
    'responds to `/v2/` with the error for plain HTTP sent to a TLS server, but does not support TLS',
    'TLS',
    ({ registry }) =>
      registry.addFault(
        faults.answer(problem(400, 'UNKNOWN', 'Client sent an HTTP request to an HTTPS server.'), everyPing),
      ),
    { requests: 1 },
  ),
  pingFault(
    'reset-once',
    'resets the first connection',
    'image',
    ({ registry }) => registry.addFault(faults.wire(() => [], { kind: 'ping', nth: 1 }, 'reset')),
    { requests: 9 },
  ),
  pingFault(
    'reset',
    'resets every connection',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.wire(() => [], everyPing, 'reset')),
    { requests: 3 },
  ),
  pingFault(
    'not-http',
    'is an SSH server',
    'TLS',
    ({ registry }) => registry.addFault(faults.wire(() => ['SSH-2.0-OpenSSH_9.6\r\n'], everyPing)),
    { requests: 1 },
  ),
  pingFault(
    'silent',
    'does not respond to `/v2/`',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, everyPing)),
    { requests: 3, silent: true },
  ),
  pingFault(
    'endless-body',
    'responds to `/v2/` with a body that never ends',
    'image',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* repeatForever('x'.repeat(4096))
        }, everyPing),
      ),
    { bytes: 8 * 1024 * 1024 },
  ),
  pingFault(
    'dripping-body',
    'responds to `/v2/` with an endless body, a byte every 100 ms',
    'image',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* repeatForever('x', 100)
        }, everyPing),
      ),
    { silent: true },
  ),
  pingFault(
    'dripping-headers',
    'sends the headers of `/v2/`, a byte every 50 ms',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(() => drip(head('200 OK', `x-long: ${'x'.repeat(1000)}`), 50), everyPing),
      ),
    { requests: 3, silent: true },
  ),
  pingFault(
    'huge-headers',
    'responds to `/v2/` with 1 MiB of headers',
    'REGISTRY_RESPONSE',
    ({ registry }) =>
      registry.addFault(faults.wire(() => [head('200 OK', `x-long: ${'x'.repeat(2 ** 20)}`)], everyPing)),
    { requests: 1, bytes: 2 ** 20 + 4096 },
  ),
  pingFault('cookie', 'sets a cookie', 'image', ({ registry }) =>
    registry.addFault(faults.header('set-cookie', 'session=1; Path=/', everyPing)),
  ),
]

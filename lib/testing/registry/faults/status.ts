/** Faults of status codes of manifests and blobs, with all forms of `Retry-After`. */
import { faults, type FaultMoment } from '../fault.js'
import { problem } from '../answer.js'
import { forever, head } from '../wire.js'
import { faultsOf, type CataloguedFault, type FaultChange, type FaultOutcome } from '../scene/catalogued.js'

const status = faultsOf('status')
const firstRequests = { requests: 4, bytes: 4096 }
const threeAttempts = { requests: 6, bytes: 4096 }

const manifest = (
  code: number,
  outcome: FaultOutcome,
  change: FaultChange = firstRequests,
): CataloguedFault =>
  status(
    `manifest-${code}`,
    `answers for the manifest with ${code}`,
    outcome,
    ({ registry }) =>
      registry.addFault(faults.status(code, { kind: 'manifest', status: 200, times: Infinity })),
    change,
  )

const blob = (
  code: number,
  outcome: FaultOutcome,
  change: FaultChange = { requests: 7, bytes: 16 * 1024 },
): CataloguedFault =>
  status(
    `blob-${code}`,
    `answers for a blob with ${code}`,
    outcome,
    ({ registry, layer }) => registry.addFault(faults.status(code, { reference: layer, times: Infinity })),
    change,
  )

/** Only the first response has this status. */
const once = (kind: 'manifest' | 'blob', code: number): CataloguedFault =>
  status(
    `${kind}-${code}-once`,
    `answers for the first ${kind} with ${code} once`,
    'image',
    ({ registry, layer }) =>
      registry.addFault(
        faults.status(code, kind === 'manifest' ? { kind, status: 200 } : { reference: layer }),
      ),
    { requests: 8 },
  )

/** One refusal with this `Retry-After`. `outcome` states whether the client waits or reports the error at once. */
const wait = (
  name: string,
  code: 429 | 503,
  value: string,
  outcome: 'waits' | 'gives up',
  moment: FaultMoment = { kind: 'manifest', status: 200 },
): CataloguedFault =>
  status(
    `retry-after-${name}`,
    `answers ${moment.kind === 'manifest' ? 'for the manifest' : 'for a blob'} with ${code} once, and \`Retry-After: ${value}\``,
    outcome === 'waits' ? 'image' : code === 429 ? 'TOO_MANY_REQUESTS' : 'REGISTRY_UNAVAILABLE',
    ({ registry, layer }) => {
      const where = moment.kind === 'manifest' ? moment : { ...moment, reference: layer }
      registry.addFault(faults.status(code, where, { 'retry-after': value }))
    },
    outcome === 'waits'
      ? { requests: 8 }
      : moment.kind === 'manifest'
        ? firstRequests
        : { requests: 7, bytes: 16 * 1024 },
  )

const blobs = { kind: 'blob' } as const
const refusals = [
  manifest(400, 'REGISTRY_RESPONSE'),
  manifest(402, 'REGISTRY_RESPONSE'),
  manifest(403, 'DENIED'),
  manifest(404, 'MANIFEST_UNKNOWN'),
  manifest(405, 'REGISTRY_RESPONSE'),
  manifest(406, 'REGISTRY_RESPONSE'),
  manifest(410, 'REGISTRY_RESPONSE'),
  manifest(451, 'REGISTRY_RESPONSE'),
  manifest(500, 'REGISTRY_UNAVAILABLE', threeAttempts),
  manifest(501, 'REGISTRY_RESPONSE'),
  manifest(502, 'REGISTRY_UNAVAILABLE', threeAttempts),
  manifest(503, 'REGISTRY_UNAVAILABLE', threeAttempts),
  manifest(504, 'REGISTRY_UNAVAILABLE', threeAttempts),
  manifest(505, 'REGISTRY_RESPONSE'),
  manifest(599, 'REGISTRY_UNAVAILABLE', threeAttempts),
  manifest(429, 'TOO_MANY_REQUESTS', threeAttempts),
  manifest(201, 'REGISTRY_RESPONSE'),
  manifest(203, 'REGISTRY_RESPONSE'),
  manifest(204, 'REGISTRY_RESPONSE'),
  manifest(206, 'REGISTRY_RESPONSE'),
  manifest(304, 'REGISTRY_RESPONSE'),
  blob(400, 'REGISTRY_RESPONSE'),
  blob(403, 'DENIED'),
  blob(404, 'BLOB_UNKNOWN'),
  blob(410, 'REGISTRY_RESPONSE'),
  blob(416, 'REGISTRY_RESPONSE'),
  blob(429, 'TOO_MANY_REQUESTS', { requests: 9, bytes: 16 * 1024 }),
  blob(500, 'REGISTRY_UNAVAILABLE', { requests: 9, bytes: 16 * 1024 }),
  blob(502, 'REGISTRY_UNAVAILABLE', { requests: 9, bytes: 16 * 1024 }),
  blob(204, 'REGISTRY_RESPONSE'),
  blob(206, 'REGISTRY_RESPONSE'),
  blob(304, 'REGISTRY_RESPONSE'),
]

const temporary = [
  ...[408, 423, 429, 500, 502, 503, 504].map((code) => once('manifest', code)),
  ...[408, 429, 500, 502, 503, 504].map((code) => once('blob', code)),
]

const waits = [
  wait('none-left', 429, '0', 'waits'),
  wait('a-second', 503, '1', 'waits'),
  wait('past', 503, 'Wed, 21 Oct 2015 07:28:00 GMT', 'waits'),
  wait('asctime', 429, 'Wed Oct 21 07:28:00 2015', 'waits'),
  wait('negative', 429, '-5', 'waits'),
  wait('fraction', 429, '0.5', 'waits'),
  wait('words', 503, 'soon', 'waits'),
  wait('empty', 503, '', 'waits'),
  wait('no-date', 503, 'Wed, 99 Foo 2015 99:99:99 GMT', 'waits'),
  wait('escapes', 503, '\x9b2J1', 'waits'),
  wait('a-day', 429, '86400', 'gives up'),
  wait('a-day-503', 503, '86400', 'gives up'),
  wait('far-date', 429, 'Fri, 01 Jan 2999 00:00:00 GMT', 'gives up'),
  wait('beyond-numbers', 429, '9999999999', 'gives up'),
  wait('many-digits', 429, '9'.repeat(400), 'waits'),
  wait('blob-none-left', 429, '0', 'waits', blobs),
  wait('blob-words', 503, 'later', 'waits', blobs),
  wait('blob-a-day', 429, '86400', 'gives up', blobs),
]

/** Faults of status codes. */
export const statusFaults: readonly CataloguedFault[] = [
  ...refusals,
  ...temporary,
  ...waits,
  status(
    'repository-unknown',
    'does not know the repository',
    'NAME_UNKNOWN',
    ({ registry }) =>
      registry.addFault(faults.answer(problem(404, 'NAME_UNKNOWN', 'no such name'), { kind: 'manifest' })),
    { requests: 2, bytes: 4096 },
  ),
  status(
    'refusal-with-escapes',
    'refuses in words that steer a terminal and tell back what it was sent',
    'DENIED',
    ({ registry, login }) =>
      registry.addFault(
        faults.answer(
          (_, { headers }) =>
            problem(
              403,
              'DENIED',
              `\u001b]0;owned\u0007\u202e${headers['authorization'] ?? ''} ${login.password}`,
            ),
          { kind: 'manifest' },
        ),
      ),
    { requests: 2, bytes: 4096 },
  ),
  status(
    'refusal-of-a-page',
    'refuses with 1 MiB of HTML',
    'DENIED',
    ({ registry }) =>
      registry.addFault(
        faults.answer(
          { status: 403, headers: { 'content-type': 'text/html' }, body: Buffer.alloc(2 ** 20, '<p>') },
          { kind: 'manifest' },
        ),
      ),
    { requests: 2, bytes: 2 ** 20 + 8192 },
  ),
  status(
    'refusal-without-end',
    'refuses a blob in words without end',
    'DENIED',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire(
          function* () {
            yield head('403 Forbidden', 'content-type: application/json')
            yield '{"errors":[{"code":"DENIED","message":"'
            yield* forever('x'.repeat(4096))
          },
          { reference: layer },
        ),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
]

/** Faults of status codes of manifests and blobs, with all forms of `Retry-After`. */
import { faults, type FaultMoment } from '../fault.js'
import { problem } from '../answer.js'
import { repeatForever, head } from '../wire.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
} from '../scene/catalogued.js'

const statusFault = faultDefiner('status')
/** Traffic up to the manifest: `/v2/`, a refusal, a token and the manifest. */
const manifestBudget = { requests: 4, bytes: 4096 }
const threeAttemptsBudget = { requests: 6, bytes: 4096 }

/** Defines a fault that responds to every manifest request with `code`. */
const manifestStatusFault = (
  code: number,
  outcome: FaultOutcome,
  change: FaultChange = manifestBudget,
): CataloguedFault =>
  statusFault(
    `manifest-${code}`,
    `responds to the manifest request with ${code}`,
    outcome,
    ({ registry }) =>
      registry.addFault(faults.status(code, { kind: 'manifest', status: 200, times: Infinity })),
    change,
  )

/** Defines a fault that responds to every request for the large layer with `code`. */
const blobStatusFault = (
  code: number,
  outcome: FaultOutcome,
  change: FaultChange = { requests: 7, bytes: 16 * 1024 },
): CataloguedFault =>
  statusFault(
    `blob-${code}`,
    `responds to a blob request with ${code}`,
    outcome,
    ({ registry, layer }) => registry.addFault(faults.status(code, { reference: layer, times: Infinity })),
    change,
  )

/** Defines a fault that responds to the first request with `code`. */
const oneTimeStatusFault = (kind: 'manifest' | 'blob', code: number): CataloguedFault =>
  statusFault(
    `${kind}-${code}-once`,
    `responds to the first ${kind} request with ${code} once`,
    'image',
    ({ registry, layer }) =>
      registry.addFault(
        faults.status(code, kind === 'manifest' ? { kind, status: 200 } : { reference: layer }),
      ),
    { requests: 8 },
  )

/**
 * Defines a fault that refuses one request with the `Retry-After` of `value`. `outcome` states whether the client must
 * wait and retry, or report the error at once.
 */
const retryAfterFault = (
  name: string,
  code: 429 | 503,
  value: string,
  outcome: 'waits' | 'gives up',
  moment: FaultMoment = { kind: 'manifest', status: 200 },
): CataloguedFault =>
  statusFault(
    `retry-after-${name}`,
    `responds to ${moment.kind === 'manifest' ? 'the manifest' : 'a blob'} request with ${code} and \`Retry-After: ${value}\` once`,
    outcome === 'waits' ? 'image' : code === 429 ? 'TOO_MANY_REQUESTS' : 'REGISTRY_UNAVAILABLE',
    ({ registry, layer }) => {
      const where = moment.kind === 'manifest' ? moment : { ...moment, reference: layer }
      registry.addFault(faults.status(code, where, { 'retry-after': value }))
    },
    outcome === 'waits'
      ? { requests: 8 }
      : moment.kind === 'manifest'
        ? manifestBudget
        : { requests: 7, bytes: 16 * 1024 },
  )

const anyBlob = { kind: 'blob' } as const
const lastingFaults = [
  manifestStatusFault(400, 'REGISTRY_RESPONSE'),
  manifestStatusFault(402, 'REGISTRY_RESPONSE'),
  manifestStatusFault(403, 'DENIED'),
  manifestStatusFault(404, 'MANIFEST_UNKNOWN'),
  manifestStatusFault(405, 'REGISTRY_RESPONSE'),
  manifestStatusFault(406, 'REGISTRY_RESPONSE'),
  manifestStatusFault(410, 'REGISTRY_RESPONSE'),
  manifestStatusFault(451, 'REGISTRY_RESPONSE'),
  manifestStatusFault(500, 'REGISTRY_UNAVAILABLE', threeAttemptsBudget),
  manifestStatusFault(501, 'REGISTRY_RESPONSE'),
  manifestStatusFault(502, 'REGISTRY_UNAVAILABLE', threeAttemptsBudget),
  manifestStatusFault(503, 'REGISTRY_UNAVAILABLE', threeAttemptsBudget),
  manifestStatusFault(504, 'REGISTRY_UNAVAILABLE', threeAttemptsBudget),
  manifestStatusFault(505, 'REGISTRY_RESPONSE'),
  manifestStatusFault(599, 'REGISTRY_UNAVAILABLE', threeAttemptsBudget),
  manifestStatusFault(429, 'TOO_MANY_REQUESTS', threeAttemptsBudget),
  manifestStatusFault(201, 'REGISTRY_RESPONSE'),
  manifestStatusFault(203, 'REGISTRY_RESPONSE'),
  manifestStatusFault(204, 'REGISTRY_RESPONSE'),
  manifestStatusFault(206, 'REGISTRY_RESPONSE'),
  manifestStatusFault(304, 'REGISTRY_RESPONSE'),
  blobStatusFault(400, 'REGISTRY_RESPONSE'),
  blobStatusFault(403, 'DENIED'),
  blobStatusFault(404, 'BLOB_UNKNOWN'),
  blobStatusFault(410, 'REGISTRY_RESPONSE'),
  blobStatusFault(416, 'REGISTRY_RESPONSE'),
  blobStatusFault(429, 'TOO_MANY_REQUESTS', { requests: 9, bytes: 16 * 1024 }),
  blobStatusFault(500, 'REGISTRY_UNAVAILABLE', { requests: 9, bytes: 16 * 1024 }),
  blobStatusFault(502, 'REGISTRY_UNAVAILABLE', { requests: 9, bytes: 16 * 1024 }),
  blobStatusFault(204, 'REGISTRY_RESPONSE'),
  blobStatusFault(206, 'REGISTRY_RESPONSE'),
  blobStatusFault(304, 'REGISTRY_RESPONSE'),
]

const oneTimeFaults = [
  ...[408, 423, 429, 500, 502, 503, 504].map((code) => oneTimeStatusFault('manifest', code)),
  ...[408, 429, 500, 502, 503, 504].map((code) => oneTimeStatusFault('blob', code)),
]

const retryAfterFaults = [
  retryAfterFault('none-left', 429, '0', 'waits'),
  retryAfterFault('a-second', 503, '1', 'waits'),
  retryAfterFault('past', 503, 'Wed, 21 Oct 2015 07:28:00 GMT', 'waits'),
  retryAfterFault('asctime', 429, 'Wed Oct 21 07:28:00 2015', 'waits'),
  retryAfterFault('negative', 429, '-5', 'waits'),
  retryAfterFault('fraction', 429, '0.5', 'waits'),
  retryAfterFault('words', 503, 'soon', 'waits'),
  retryAfterFault('empty', 503, '', 'waits'),
  retryAfterFault('no-date', 503, 'Wed, 99 Foo 2015 99:99:99 GMT', 'waits'),
  retryAfterFault('escapes', 503, '\x9b2J1', 'waits'),
  retryAfterFault('a-day', 429, '86400', 'gives up'),
  retryAfterFault('a-day-503', 503, '86400', 'gives up'),
  retryAfterFault('far-date', 429, 'Fri, 01 Jan 2999 00:00:00 GMT', 'gives up'),
  retryAfterFault('beyond-numbers', 429, '9999999999', 'gives up'),
  retryAfterFault('many-digits', 429, '9'.repeat(400), 'waits'),
  retryAfterFault('blob-none-left', 429, '0', 'waits', anyBlob),
  retryAfterFault('blob-words', 503, 'later', 'waits', anyBlob),
  retryAfterFault('blob-a-day', 429, '86400', 'gives up', anyBlob),
]

/** Faults of status codes. */
export const statusFaults: readonly CataloguedFault[] = [
  ...lastingFaults,
  ...oneTimeFaults,
  ...retryAfterFaults,
  statusFault(
    'repository-unknown',
    'responds to the manifest request with 404 and NAME_UNKNOWN',
    'NAME_UNKNOWN',
    ({ registry }) =>
      registry.addFault(faults.answer(problem(404, 'NAME_UNKNOWN', 'no such name'), { kind: 'manifest' })),
    { requests: 2, bytes: 4096 },
  ),
  statusFault(
    'refusal-with-escapes',
    'sends an error message with terminal escape sequences and the credentials of the request',
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
  statusFault(
    'refusal-of-a-page',
    'responds to the manifest request with 403 and 1 MiB of HTML',
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
  statusFault(
    'refusal-without-end',
    'responds to a blob request with 403 and an error message that never ends',
    'DENIED',
    ({ registry, layer }) =>
      registry.addFault(
        faults.wire(
          function* () {
            yield head('403 Forbidden', 'content-type: application/json')
            yield '{"errors":[{"code":"DENIED","message":"'
            yield* repeatForever('x'.repeat(4096))
          },
          { reference: layer },
        ),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
]

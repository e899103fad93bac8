/** Faults of range requests, which fetch the rest of a layer after an interruption. */
import { answer, problem, withoutHeaders, type Answer } from '../answer.js'
import { faults, type Fault, type FaultMoment } from '../fault.js'
import type { RequestLogEntry } from '../request-log.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

/** Number of bytes received before the interruption. */
const firstBytes = 40_000

/** The budget allows fetching the first part again. */
const defineRangeFault = faultDefiner('range', { requests: 8, bytes: 200 * 1024 })

/** Defines a fault that closes the connection after `firstBytes`, and applies `fault` to the response with the rest. */
const rangeFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  fault: (moment: FaultMoment, scene: FaultScene) => Fault | readonly Fault[],
  change: FaultChange = {},
): CataloguedFault =>
  defineRangeFault(
    name,
    behaviour,
    outcome,
    (scene) => {
      const { registry, layer } = scene
      registry.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
      for (const each of [fault({ reference: layer, status: 206, times: Infinity }, scene)].flat())
        registry.addFault(each)
    },
    { check: checkIfRange, ...change },
  )

/**
 * Returns a violation for every range request without the `ETag` of the layer in `If-Range`. Without it, a client may
 * combine parts of different blobs.
 */
const checkIfRange = ({ registry, layer }: FaultScene): readonly string[] =>
  registry.requests
    .filter(({ reference, headers }) => reference === layer && headers['range'] !== undefined)
    .flatMap(({ headers }) =>
      headers['if-range'] === `"${layer}"` ? [] : ['a range was requested without If-Range'],
    )

/** Returns a function that creates a fault from `act`, which returns the changed response. */
const replaceResponse =
  (act: (good: Answer, request: RequestLogEntry) => Answer) =>
  (moment: FaultMoment): Fault =>
    faults.answer(act, moment)

/** Defines a fault that sends `value` as `Content-Range`, or none if it is undefined. */
const contentRangeFault = (
  name: string,
  behaviour: string,
  value: string | undefined | ((size: number) => string),
): CataloguedFault =>
  rangeFault(
    name,
    behaviour,
    'image',
    (moment, { size }) => faults.contentRange(typeof value === 'function' ? value(size) : value, moment),
    { requests: 9 },
  )

const contentRangeFaults = [
  contentRangeFault('no-content-range', 'sends the part without `Content-Range`', undefined),
  contentRangeFault('garbage', 'sends a malformed `Content-Range`', 'some bytes'),
  contentRangeFault(
    'other-unit',
    'sends a `Content-Range` with the unit `lines`',
    (size) => `lines ${firstBytes}-${size - 1}/${size}`,
  ),
  contentRangeFault(
    'other-start',
    'sends a `Content-Range` that begins one byte too late',
    (size) => `bytes ${firstBytes + 1}-${size - 1}/${size}`,
  ),
  contentRangeFault(
    'start-zero',
    'sends a `Content-Range` that begins at 0',
    (size) => `bytes 0-${size - firstBytes - 1}/${size}`,
  ),
  contentRangeFault(
    'other-size',
    'sends a `Content-Range` with a wrong total size',
    (size) => `bytes ${firstBytes}-${size - 1}/${size + 1}`,
  ),
  contentRangeFault(
    'backwards',
    'sends a `Content-Range` that ends before it begins',
    (size) => `bytes ${firstBytes}-${firstBytes - 1}/${size}`,
  ),
  contentRangeFault(
    'beyond-numbers',
    'sends a `Content-Range` that ends at 10^30',
    `bytes ${firstBytes}-${'9'.repeat(30)}/*`,
  ),
  contentRangeFault(
    'unsatisfied',
    'sends status 206 with the `Content-Range` of an unsatisfiable range',
    (size) => `bytes */${size}`,
  ),
]

const statusFaults = [
  rangeFault('whole', 'sends the whole layer with status 200', 'image', (moment, { registry }) =>
    faults.noRange((digest) => registry.blob(digest), moment),
  ),
  rangeFault(
    'whole-changed',
    'sends another blob with status 200',
    'DIGEST_MISMATCH',
    replaceResponse(({ headers, body }) =>
      answer(
        200,
        { etag: '"changed"', ...withoutHeaders(headers, 'content-range', 'etag') },
        Buffer.alloc(firstBytes + body.length, 7),
      ),
    ),
  ),
  rangeFault(
    '416-once',
    'responds with 416 once',
    'image',
    (moment, { size }) => faults.answer(answer(416, { 'content-range': `bytes */${size}` }), moment),
    { requests: 9 },
  ),
  rangeFault(
    '416-for-ever',
    'responds with 416 to every further request',
    'REGISTRY_RESPONSE',
    (_, { layer }) =>
      faults.answer((_, { nth }) => (nth > 1 ? answer(416) : undefined), { reference: layer }),
    { requests: 9 },
  ),
  rangeFault(
    '400',
    'responds to range requests with 400',
    'image',
    (moment) => faults.status(400, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '412',
    'responds to range requests with 412',
    'image',
    (moment) => faults.status(412, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '501',
    'responds to range requests with 501',
    'image',
    (moment) => faults.status(501, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '204',
    'responds to range requests with 204',
    'image',
    (moment) => faults.status(204, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '503-once',
    'responds to the range request with 503 once',
    'image',
    (moment) => faults.status(503, { ...moment, times: 1 }),
    {
      requests: 9,
      bytes: 110 * 1024,
    },
  ),
  rangeFault('404', 'responds to range requests with 404', 'BLOB_UNKNOWN', (moment) =>
    faults.status(404, moment),
  ),
  rangeFault(
    '429-a-day',
    'responds to range requests with 429 and `Retry-After` of a day',
    'TOO_MANY_REQUESTS',
    (moment) => faults.status(429, moment, { 'retry-after': '86400' }),
  ),
  rangeFault(
    '401-once',
    'requires a new token for the range request once',
    'image',
    (moment, { registry }) =>
      faults.answer(
        problem(401, 'UNAUTHORIZED', 'again', {
          'www-authenticate': `Bearer realm="${registry.url}/token",service="windlass-registry",scope="repository:team/app:pull"`,
        }),
        { ...moment, times: 1 },
      ),
    { requests: 10, bytes: 110 * 1024 },
  ),
  rangeFault(
    'multipart',
    'sends the part as `multipart/byteranges`',
    'image',
    replaceResponse((good) => ({
      ...good,
      headers: { 'content-type': 'multipart/byteranges; boundary=x' },
      body: Buffer.from('--x\r\n\r\nnot the bytes\r\n--x--'),
    })),
    { requests: 9 },
  ),
]

const contentFaults = [
  rangeFault(
    'wrong-byte-once',
    'sends a wrong byte in the part, once',
    'image',
    (moment, { random }) => faults.wrongByte(random(10_000), { ...moment, times: 1 }),
    { requests: 9 },
  ),
  rangeFault(
    'other-part',
    'sends other bytes than `Content-Range` states, once',
    'image',
    (moment, { registry }) =>
      faults.answer(
        (good, { reference }) => ({
          ...good,
          body: registry.blob(reference)?.subarray(0, good.body.length) ?? good.body,
        }),
        { ...moment, times: 1 },
      ),
    { requests: 9 },
  ),
  rangeFault(
    'wrong-before-once',
    'sends a correct part after a first part with a wrong byte',
    'image',
    (_, { layer }) => faults.wrongByte(9, { reference: layer, nth: 1 }),
    { requests: 9 },
  ),
  rangeFault(
    'less',
    'closes the connection once in the middle of the part',
    'image',
    (moment, { layer }) => faults.truncate(10_000, { ...moment, reference: layer, times: 1 }),
    { requests: 9, bytes: 110 * 1024 },
  ),
  rangeFault(
    'shorter',
    'sends a shorter part than requested, with the matching `Content-Range`',
    'image',
    (moment, { size }) =>
      faults.answer(
        (good) => ({
          ...good,
          body: good.body.subarray(0, 10_000),
          headers: { ...good.headers, 'content-range': `bytes ${firstBytes}-${firstBytes + 9_999}/${size}` },
        }),
        { ...moment, times: 1 },
      ),
    { requests: 9, bytes: 110 * 1024 },
  ),
  rangeFault(
    'longer',
    'sends more bytes than `Content-Range` states, once',
    'image',
    (moment) =>
      faults.body(
        (good) => Buffer.concat([good, Buffer.alloc(1000)]),
        { ...moment, times: 1 },
        { 'transfer-encoding': 'chunked' },
      ),
    { requests: 9 },
  ),
  rangeFault(
    'whole-as-part',
    'sends the whole layer with the `Content-Range` of the part, once',
    'image',
    (moment, { registry }) =>
      faults.answer((good, { reference }) => ({ ...good, body: registry.blob(reference) ?? good.body }), {
        ...moment,
        times: 1,
      }),
    { requests: 9, bytes: 320 * 1024 },
  ),
  rangeFault(
    'empty',
    'closes the connection before the first byte of the part, once',
    'image',
    (moment) => faults.truncate(0, { ...moment, times: 1 }),
    {
      requests: 9,
      bytes: 110 * 1024,
    },
  ),
  rangeFault(
    'no-progress',
    'closes the connection before the first byte of the part, always',
    'NETWORK',
    (moment) => faults.truncate(0, moment),
    { requests: 9, bytes: 110 * 1024 },
  ),
  rangeFault(
    'resets',
    'resets the connection once in the middle of the part',
    'image',
    (moment) => faults.reset(5_000, { ...moment, times: 1 }),
    {
      requests: 9,
      bytes: 210 * 1024,
    },
  ),
  rangeFault(
    'stalls',
    'stalls once in the middle of the part',
    'image',
    (moment) => faults.stall(5_000, { ...moment, times: 1 }),
    {
      requests: 9,
      bytes: 210 * 1024,
      silent: true,
    },
  ),
]

const validatorFaults = [
  rangeFault(
    'etag-changed',
    'sends another `ETag` with the part, once',
    'image',
    (moment) => faults.header('etag', '"changed"', { ...moment, times: 1 }),
    { requests: 9 },
  ),
  rangeFault(
    'etag-gone',
    'sends the part without an `ETag`',
    'image',
    replaceResponse((good) => ({ ...good, headers: withoutHeaders(good.headers, 'etag') })),
    { bytes: 110 * 1024 },
  ),
  defineRangeFault(
    'etag-weak',
    'sends only weak `ETag`s',
    'image',
    ({ registry, layer }) => {
      registry.addFault(faults.header('etag', 'W/"weak"', { reference: layer }))
      registry.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
    },
    { bytes: 110 * 1024 },
  ),
  defineRangeFault(
    'etag-with-line-break',
    'sends an `ETag` with a tab, which must not be copied into a header',
    'image',
    ({ registry, layer }) => {
      registry.addFault(faults.header('etag', '"a\tb"', { reference: layer }))
      registry.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
    },
    { bytes: 110 * 1024 },
  ),
  defineRangeFault(
    'redirect',
    'redirects the layer to a signed URL of the other origin, which closes the connection once',
    'image',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(faults.redirect(signedUrl, { reference: layer }))
      elsewhere.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
    },
    { elsewhere: 2, bytes: 110 * 1024 },
  ),
]

/** Faults of range requests. */
export const rangeFaults: readonly CataloguedFault[] = [
  ...contentRangeFaults,
  ...statusFaults,
  ...contentFaults,
  ...validatorFaults,
]

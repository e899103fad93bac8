/** Faults of range requests, which fetch the rest of a layer after an interruption. */
import { answer, problem, withoutHeaders, type Answer } from '../answer.js'
import { faults, type Fault, type FaultMoment } from '../fault.js'
import type { RequestLogEntry } from '../request-log.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

/** Number of bytes received before the interruption. */
const firstBytes = 40_000

/** The budget allows fetching the first part again. */
const range = faultsOf('range', { requests: 8, bytes: 200 * 1024 })

/** Breaks the layer off after 40,000 bytes and applies `fault` to the response with the rest. */
const rangeFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  fault: (moment: FaultMoment, scene: FaultScene) => Fault | readonly Fault[],
  change: FaultChange = {},
): CataloguedFault =>
  range(
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

/** A range request must have `If-Range`; otherwise a client may combine parts of different blobs. */
const checkIfRange = ({ registry, layer }: FaultScene): readonly string[] =>
  registry.requests
    .filter(({ reference, headers }) => reference === layer && headers['range'] !== undefined)
    .flatMap(({ headers }) =>
      headers['if-range'] === `"${layer}"` ? [] : ['a range was asked for without If-Range'],
    )

const replaceResponse =
  (act: (good: Answer, request: RequestLogEntry) => Answer) =>
  (moment: FaultMoment): Fault =>
    faults.answer(act, moment)

const contentRange = (
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

const lies = [
  contentRange('no-content-range', 'does not say which part it is', undefined),
  contentRange('garbage', 'says in no words which part it is', 'some bytes'),
  contentRange('other-unit', 'counts in lines', (size) => `lines ${firstBytes}-${size - 1}/${size}`),
  contentRange(
    'other-start',
    'says that it begins a byte later',
    (size) => `bytes ${firstBytes + 1}-${size - 1}/${size}`,
  ),
  contentRange(
    'start-zero',
    'says that it begins at 0',
    (size) => `bytes 0-${size - firstBytes - 1}/${size}`,
  ),
  contentRange(
    'other-size',
    'says that the whole is longer',
    (size) => `bytes ${firstBytes}-${size - 1}/${size + 1}`,
  ),
  contentRange(
    'backwards',
    'says that it ends before it begins',
    (size) => `bytes ${firstBytes}-${firstBytes - 1}/${size}`,
  ),
  contentRange('beyond-numbers', 'says that it ends at 10^30', `bytes ${firstBytes}-${'9'.repeat(30)}/*`),
  contentRange('unsatisfied', 'says that there is no such part, with 206', (size) => `bytes */${size}`),
]

const statuses = [
  rangeFault('whole', 'sends the whole', 'image', (moment, { registry }) =>
    faults.noRange((digest) => registry.blob(digest), moment),
  ),
  rangeFault(
    'whole-changed',
    'sends the whole, of other bytes',
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
    'says once that there is no such part',
    'image',
    (moment, { size }) => faults.answer(answer(416, { 'content-range': `bytes */${size}` }), moment),
    { requests: 9 },
  ),
  rangeFault(
    '416-for-ever',
    'says 416 to everything from then on',
    'REGISTRY_RESPONSE',
    (_, { layer }) =>
      faults.answer((_, { nth }) => (nth > 1 ? answer(416) : undefined), { reference: layer }),
    { requests: 9 },
  ),
  rangeFault(
    '400',
    'does not take the header',
    'image',
    (moment) => faults.status(400, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '412',
    'takes If-Range for a condition',
    'image',
    (moment) => faults.status(412, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '501',
    'knows no ranges, and says 501',
    'image',
    (moment) => faults.status(501, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '204',
    'says that there is nothing more',
    'image',
    (moment) => faults.status(204, { ...moment, times: Infinity }),
    { requests: 9 },
  ),
  rangeFault(
    '503-once',
    'is not there once',
    'image',
    (moment) => faults.status(503, { ...moment, times: 1 }),
    {
      requests: 9,
      bytes: 110 * 1024,
    },
  ),
  rangeFault('404', 'does not have it any more', 'BLOB_UNKNOWN', (moment) => faults.status(404, moment)),
  rangeFault('429-a-day', 'asks to wait for a day', 'TOO_MANY_REQUESTS', (moment) =>
    faults.status(429, moment, { 'retry-after': '86400' }),
  ),
  rangeFault(
    '401-once',
    'wants another token',
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
    'comes in several parts',
    'image',
    replaceResponse((good) => ({
      ...good,
      headers: { 'content-type': 'multipart/byteranges; boundary=x' },
      body: Buffer.from('--x\r\n\r\nnot the bytes\r\n--x--'),
    })),
    { requests: 9 },
  ),
]

const bytes = [
  rangeFault(
    'wrong-byte-once',
    'has a wrong byte, once',
    'image',
    (moment, { random }) => faults.wrongByte(random(10_000), { ...moment, times: 1 }),
    { requests: 9 },
  ),
  rangeFault(
    'other-part',
    'is another part than it says, once',
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
    'is right, but what came before was not',
    'image',
    (_, { layer }) => faults.wrongByte(9, { reference: layer, nth: 1 }),
    { requests: 9 },
  ),
  rangeFault(
    'less',
    'comes in two parts',
    'image',
    (moment, { layer }) => faults.truncate(10_000, { ...moment, reference: layer, times: 1 }),
    { requests: 9, bytes: 110 * 1024 },
  ),
  rangeFault(
    'shorter',
    'is shorter than asked for, and says so',
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
    'is longer than it says',
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
    'is the whole, called the part',
    'image',
    (moment, { registry }) =>
      faults.answer((good, { reference }) => ({ ...good, body: registry.blob(reference) ?? good.body }), {
        ...moment,
        times: 1,
      }),
    { requests: 9, bytes: 320 * 1024 },
  ),
  rangeFault('empty', 'is empty, once', 'image', (moment) => faults.truncate(0, { ...moment, times: 1 }), {
    requests: 9,
    bytes: 110 * 1024,
  }),
  rangeFault(
    'no-progress',
    'breaks off before the first byte, always',
    'NETWORK',
    (moment) => faults.truncate(0, moment),
    { requests: 9, bytes: 110 * 1024 },
  ),
  rangeFault('resets', 'is reset once', 'image', (moment) => faults.reset(5_000, { ...moment, times: 1 }), {
    requests: 9,
    bytes: 210 * 1024,
  }),
  rangeFault('stalls', 'stops once', 'image', (moment) => faults.stall(5_000, { ...moment, times: 1 }), {
    requests: 9,
    bytes: 210 * 1024,
    silent: true,
  }),
]

const validators = [
  rangeFault(
    'etag-changed',
    'is of a blob that was changed meanwhile',
    'image',
    (moment) => faults.header('etag', '"changed"', { ...moment, times: 1 }),
    { requests: 9 },
  ),
  rangeFault(
    'etag-gone',
    'has no validator any more',
    'image',
    replaceResponse((good) => ({ ...good, headers: withoutHeaders(good.headers, 'etag') })),
    { bytes: 110 * 1024 },
  ),
  range(
    'etag-weak',
    'has a weak validator only',
    'image',
    ({ registry, layer }) => {
      registry.addFault(faults.header('etag', 'W/"weak"', { reference: layer }))
      registry.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
    },
    { bytes: 110 * 1024 },
  ),
  range(
    'etag-with-line-break',
    'has a validator that would break a header',
    'image',
    ({ registry, layer }) => {
      registry.addFault(faults.header('etag', '"a\tb"', { reference: layer }))
      registry.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
    },
    { bytes: 110 * 1024 },
  ),
  range(
    'redirect',
    'is at a signed address elsewhere',
    'image',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(faults.redirect(signedUrl, { reference: layer }))
      elsewhere.addFault(faults.truncate(firstBytes, { reference: layer, nth: 1 }))
    },
    { elsewhere: 2, bytes: 110 * 1024 },
  ),
]

/** Faults of range requests. */
export const rangeFaults: readonly CataloguedFault[] = [...lies, ...statuses, ...bytes, ...validators]

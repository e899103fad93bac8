/** Faults of the config, which is fetched concurrently with the layers. */
import { gzipSync } from 'node:zlib'
import type { Answer } from '../answer.js'
import { faults, type Fault, type FaultMoment } from '../fault.js'
import { chunk, repeatForever, head } from '../wire.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
} from '../scene/catalogued.js'

/** Defines a fault. The default budget includes the layers, which the client may fetch before the config. */
const defineConfigFault = faultDefiner('config')
/** Allows one additional request. */
const oneRetryBudget: FaultChange = { requests: 8 }

/** Defines a fault of every response with the config. */
const configFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  fault: (moment: FaultMoment) => Fault,
  change: FaultChange = {},
): CataloguedFault =>
  defineConfigFault(
    name,
    behaviour,
    outcome,
    (scene) => scene.registry.addFault(fault({ reference: scene.config, times: Infinity })),
    change,
  )

const once = (moment: FaultMoment): FaultMoment => ({ ...moment, times: 1 })
const withoutLastByte = ({ body }: Answer): Buffer => body.subarray(0, body.length - 1)

/** Faults of the config. */
export const configFaults: readonly CataloguedFault[] = [
  configFault('missing', 'responds with 404', 'BLOB_UNKNOWN', (moment) => faults.status(404, moment)),
  configFault('denied', 'responds with 403', 'DENIED', (moment) => faults.status(403, moment)),
  configFault(
    'broken',
    'responds with 500, always',
    'REGISTRY_UNAVAILABLE',
    (moment) => faults.status(500, moment),
    { requests: 9 },
  ),
  configFault(
    'broken-once',
    'responds with 500 once',
    'image',
    (moment) => faults.status(500, once(moment)),
    oneRetryBudget,
  ),
  configFault(
    'truncated-once',
    'closes the connection once in the middle of the config',
    'image',
    (moment) => faults.truncate(50, once(moment)),
    oneRetryBudget,
  ),
  configFault(
    'reset-once',
    'resets the connection once in the middle of the config',
    'image',
    (moment) => faults.reset(50, once(moment)),
    oneRetryBudget,
  ),
  configFault(
    'truncated',
    'closes the connection in the middle of the config, always',
    'NETWORK',
    (moment) => faults.truncate(50, moment),
    {
      requests: 9,
    },
  ),
  configFault('shorter', 'sends a config without its last byte', 'SIZE_MISMATCH', (moment) =>
    faults.answer((good) => ({ ...good, body: withoutLastByte(good) }), moment),
  ),
  configFault('longer', 'sends a config with an additional byte', 'SIZE_MISMATCH', (moment) =>
    faults.body((good) => Buffer.concat([good, Buffer.from(' ')]), moment),
  ),
  configFault('wrong-byte', 'sends a config with a wrong byte', 'DIGEST_MISMATCH', (moment) =>
    faults.wrongByte(5, moment),
  ),
  configFault('empty', 'sends an empty config', 'SIZE_MISMATCH', (moment) => faults.body('', moment)),
  configFault('other', 'sends another document', 'SIZE_MISMATCH', (moment) =>
    faults.body('{"rootfs":{}}', moment),
  ),
  configFault(
    'compressed',
    'sends the config with `Content-Encoding: gzip`, which was not requested',
    'image',
    (moment) => faults.body((good) => gzipSync(good), moment, { 'content-encoding': 'gzip' }),
  ),
  configFault(
    'encoding-claimed',
    'sends the config uncompressed, but with `Content-Encoding: gzip`',
    'image',
    (moment) => faults.header('content-encoding', 'gzip', moment),
  ),
  configFault(
    'endless',
    'sends a config that never ends',
    'LIMIT_EXCEEDED',
    (moment) =>
      faults.wire(function* () {
        yield head('200 OK', 'transfer-encoding: chunked')
        yield* repeatForever(chunk(' '.repeat(64 * 1024)))
      }, moment),
    { bytes: 16 * 2 ** 20 },
  ),
  configFault(
    'said-to-be-huge',
    'sends `Content-Length: 1099511627776` (1 TiB) for the config',
    'SIZE_MISMATCH',
    (moment) => faults.wire(() => [head('200 OK', `content-length: ${2 ** 40}`), '{}'], moment, 'stall'),
    { silent: true },
  ),
  configFault(
    'stalls',
    'stalls in the middle of the config, always',
    'STALLED',
    (moment) => faults.stall(50, moment),
    {
      silent: true,
      requests: 9,
    },
  ),
  configFault(
    'stalls-once',
    'stalls once in the middle of the config',
    'image',
    (moment) => faults.stall(50, once(moment)),
    {
      silent: true,
      requests: 8,
    },
  ),
]

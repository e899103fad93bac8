/** Faults of the config, which is fetched concurrently with the layers. */
import { gzipSync } from 'node:zlib'
import type { Answer } from '../answer.js'
import { faults, type Fault, type FaultMoment } from '../fault.js'
import { chunk, forever, head } from '../wire.js'
import { faultsOf, type CataloguedFault, type FaultChange, type FaultOutcome } from '../scene/catalogued.js'

/** The budget includes the layers, which may be fetched before the fault. */
const config = faultsOf('config')
const oneRetry: FaultChange = { requests: 8 }

const configFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  fault: (moment: FaultMoment) => Fault,
  change: FaultChange = {},
): CataloguedFault =>
  config(
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
  configFault('missing', 'is not there', 'BLOB_UNKNOWN', (moment) => faults.status(404, moment)),
  configFault('denied', 'is denied', 'DENIED', (moment) => faults.status(403, moment)),
  configFault(
    'broken',
    'is always answered with 500',
    'REGISTRY_UNAVAILABLE',
    (moment) => faults.status(500, moment),
    { requests: 9 },
  ),
  configFault(
    'broken-once',
    'is answered with 500 once',
    'image',
    (moment) => faults.status(500, once(moment)),
    oneRetry,
  ),
  configFault(
    'truncated-once',
    'breaks off once',
    'image',
    (moment) => faults.truncate(50, once(moment)),
    oneRetry,
  ),
  configFault('reset-once', 'is reset once', 'image', (moment) => faults.reset(50, once(moment)), oneRetry),
  configFault('truncated', 'always breaks off', 'NETWORK', (moment) => faults.truncate(50, moment), {
    requests: 9,
  }),
  configFault('shorter', 'is a byte shorter', 'SIZE_MISMATCH', (moment) =>
    faults.answer((good) => ({ ...good, body: withoutLastByte(good) }), moment),
  ),
  configFault('longer', 'is a byte longer', 'SIZE_MISMATCH', (moment) =>
    faults.body((good) => Buffer.concat([good, Buffer.from(' ')]), moment),
  ),
  configFault('wrong-byte', 'has a wrong byte', 'DIGEST_MISMATCH', (moment) => faults.wrongByte(5, moment)),
  configFault('empty', 'is nothing', 'SIZE_MISMATCH', (moment) => faults.body('', moment)),
  configFault('other', 'is another document', 'SIZE_MISMATCH', (moment) =>
    faults.body('{"rootfs":{}}', moment),
  ),
  configFault('compressed', 'comes compressed, which was not requested', 'image', (moment) =>
    faults.body((good) => gzipSync(good), moment, { 'content-encoding': 'gzip' }),
  ),
  configFault('encoding-claimed', 'is said to be compressed, and is not', 'image', (moment) =>
    faults.header('content-encoding', 'gzip', moment),
  ),
  configFault(
    'endless',
    'never ends',
    'LIMIT_EXCEEDED',
    (moment) =>
      faults.wire(function* () {
        yield head('200 OK', 'transfer-encoding: chunked')
        yield* forever(chunk(' '.repeat(64 * 1024)))
      }, moment),
    { bytes: 16 * 2 ** 20 },
  ),
  configFault(
    'said-to-be-huge',
    'is said to be 1 TiB long',
    'SIZE_MISMATCH',
    (moment) => faults.wire(() => [head('200 OK', `content-length: ${2 ** 40}`), '{}'], moment, 'stall'),
    { silent: true },
  ),
  configFault('stalls', 'stops in the middle', 'STALLED', (moment) => faults.stall(50, moment), {
    silent: true,
    requests: 9,
  }),
  configFault(
    'stalls-once',
    'stops in the middle once',
    'image',
    (moment) => faults.stall(50, once(moment)),
    {
      silent: true,
      requests: 8,
    },
  ),
]

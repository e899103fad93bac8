/** Faults of manifests: bodies that do not match their type or digest, and documents that a client must reject. */
import { gzipSync } from 'node:zlib'
import { faults } from '../fault.js'
import { repeatForever, head } from '../wire.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const manifestFault = faultDefiner('manifest', { requests: 4, bytes: 8192 })
/** Traffic of a whole pull. */
const fullPullBudget: FaultChange = { requests: 7, bytes: 104 * 1024 }
/** Matches every successful response with a manifest. */
const everyManifest = { kind: 'manifest', status: 200, times: Infinity } as const

/** Defines a fault that replaces the manifest of the tag by the result of `change`. */
const documentFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  change: (manifest: Record<string, unknown>, scene: FaultScene) => unknown,
  mediaType?: string,
  more: FaultChange = {},
): CataloguedFault =>
  manifestFault(
    name,
    behaviour,
    outcome,
    (scene) => scene.publish(change(scene.manifest(), scene), mediaType),
    more,
  )

const text = (value: string): Buffer => Buffer.from(value)

/** Returns a function that replaces members in the first layer of a manifest. */
const changeFirstLayer =
  (members: Readonly<Record<string, unknown>>) =>
  ({ layers, ...rest }: Record<string, unknown>): unknown => {
    const [first, ...others] = layers as readonly object[] // from buildImage
    return { ...rest, layers: [{ ...first, ...members }, ...others] }
  }

const documentFaults = [
  documentFault('empty', 'sends an empty manifest', 'MANIFEST_UNKNOWN', () => text('')),
  documentFault('page', 'sends HTML', 'MANIFEST_INVALID', () => text('<html>Log in here</html>')),
  documentFault('null', 'sends `null`', 'MANIFEST_INVALID', () => null),
  documentFault('array', 'sends an array', 'MANIFEST_INVALID', () => []),
  documentFault('trailing', 'sends a manifest with text after its end', 'MANIFEST_INVALID', (good) =>
    text(`${JSON.stringify(good)}{}`),
  ),
  documentFault('bom', 'sends a manifest that begins with a byte order mark', 'MANIFEST_INVALID', (good) =>
    text(`\ufeff${JSON.stringify(good)}`),
  ),
  documentFault('invalid-utf-8', 'sends a manifest that is not UTF-8', 'MANIFEST_INVALID', (good) =>
    Buffer.from(JSON.stringify({ ...good, x: '\xff\xfe' }), 'latin1'),
  ),
  documentFault('duplicate-keys', 'sends a manifest with two `layers` members', 'MANIFEST_INVALID', (good) =>
    text(JSON.stringify(good).replace(/^\{/, '{"layers":[],')),
  ),
  documentFault(
    'deep',
    'sends a manifest with 10,000 nested arrays',
    'MANIFEST_INVALID',
    (good) => text(JSON.stringify(good).replace(/^\{/, `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)},`)),
    undefined,
    { bytes: 32 * 1024 },
  ),
  documentFault(
    'both-kinds',
    'sends a manifest with both `layers` and `manifests`',
    'MANIFEST_INVALID',
    (good) => ({
      ...good,
      manifests: [],
    }),
  ),
  documentFault(
    'no-layers',
    'sends a manifest without layers, whose config has diffIDs',
    'ROOTFS_MISMATCH',
    (good) => ({ ...good, layers: [] }),
    undefined,
    fullPullBudget,
  ),
  documentFault(
    'digest-climbs',
    'sends a path as the digest of a layer',
    'MANIFEST_INVALID',
    changeFirstLayer({ digest: 'sha256:../../../etc/passwd' }),
  ),
  documentFault(
    'digest-upper-case',
    'sends the digest of a layer in upper case',
    'MANIFEST_INVALID',
    changeFirstLayer({ digest: `sha256:${'A'.repeat(64)}` }),
  ),
  documentFault(
    'digest-odd',
    'sends a digest of an unsupported algorithm for a layer',
    'UNSUPPORTED',
    changeFirstLayer({ digest: `md5:${'0'.repeat(32)}` }),
  ),
  documentFault(
    'size-negative',
    'sends a layer size of -1',
    'MANIFEST_INVALID',
    changeFirstLayer({ size: -1 }),
  ),
  documentFault(
    'size-fraction',
    'sends a layer size of 1.5',
    'MANIFEST_INVALID',
    changeFirstLayer({ size: 1.5 }),
  ),
  documentFault(
    'size-text',
    'sends a layer size of "10", a string',
    'MANIFEST_INVALID',
    changeFirstLayer({ size: '10' }),
  ),
  documentFault(
    'size-absent',
    'sends a layer without a size',
    'MANIFEST_INVALID',
    changeFirstLayer({ size: undefined }),
  ),
  documentFault(
    'size-beyond-numbers',
    'sends a layer size of 2^53',
    'MANIFEST_INVALID',
    changeFirstLayer({ size: 2 ** 53 }),
  ),
  documentFault(
    'size-smaller',
    'sends a layer size that is one byte too small',
    'SIZE_MISMATCH',
    (good, { size }) => changeFirstLayer({ size: size - 1 })(good),
    undefined,
    { requests: 7, bytes: 120 * 1024 },
  ),
  documentFault(
    'size-larger',
    'sends a layer size that is one byte too large',
    'SIZE_MISMATCH',
    (good, { size }) => changeFirstLayer({ size: size + 1 })(good),
    undefined,
    { requests: 7, bytes: 120 * 1024 },
  ),
  documentFault(
    'wrong-media-type',
    'sends a manifest with the `mediaType` of an index',
    'MANIFEST_INVALID',
    (good) => ({
      ...good,
      mediaType: 'application/vnd.oci.image.index.v1+json',
    }),
  ),
]

const typeFaults = [
  documentFault(
    'html-type',
    'sends the manifest with `Content-Type: text/html`',
    'image',
    (good) => good,
    'text/html',
    fullPullBudget,
  ),
  documentFault(
    'index-type',
    'sends the manifest with the `Content-Type` of an index',
    'MANIFEST_INVALID',
    (good) => good,
    'application/vnd.oci.image.index.v1+json',
  ),
  documentFault(
    'type-with-parameter',
    'sends the manifest with a parameter in `Content-Type`',
    'image',
    (good) => good,
    'application/vnd.oci.image.manifest.v1+json; charset=utf-8',
    fullPullBudget,
  ),
  documentFault(
    'no-type',
    'sends the manifest without `Content-Type`',
    'image',
    (good) => good,
    '',
    fullPullBudget,
  ),
]

const bodyFaults = [
  manifestFault(
    'compressed',
    'sends the manifest with `Content-Encoding: gzip`, which was not requested',
    'image',
    ({ registry }) =>
      registry.addFault(faults.body((body) => gzipSync(body), everyManifest, { 'content-encoding': 'gzip' })),
    fullPullBudget,
  ),
  manifestFault(
    'encoding-claimed',
    'sends the manifest uncompressed, but with `Content-Encoding: gzip`',
    'image',
    ({ registry }) => registry.addFault(faults.header('content-encoding', 'gzip', everyManifest)),
    fullPullBudget,
  ),
  manifestFault(
    'bomb',
    'sends a manifest with `Content-Encoding: gzip` that decompresses to 64 MiB',
    'REGISTRY_RESPONSE',
    ({ registry }) =>
      registry.addFault(
        faults.body(() => gzipSync(Buffer.alloc(2 ** 26)), everyManifest, { 'content-encoding': 'gzip' }),
      ),
    { bytes: 128 * 1024 },
  ),
  manifestFault(
    'long',
    'sends a manifest of 5 MiB with `Content-Length`',
    'LIMIT_EXCEEDED',
    ({ registry }) => registry.addFault(faults.body(() => Buffer.alloc(5 * 2 ** 20, ' '), everyManifest)),
    { bytes: 5 * 2 ** 20 + 8192 },
  ),
  manifestFault(
    'said-to-be-huge',
    'sends `Content-Length: 1099511627776` (1 TiB) for the manifest',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(() => [head('200 OK', `content-length: ${2 ** 40}`), '{}'], everyManifest, 'stall'),
      ),
  ),
  manifestFault(
    'endless',
    'sends a manifest that never ends',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK', 'content-type: application/vnd.oci.image.manifest.v1+json')
          yield* repeatForever(' '.repeat(64 * 1024))
        }, everyManifest),
      ),
    { bytes: 16 * 2 ** 20 },
  ),
  manifestFault(
    'truncated',
    'closes the connection in the middle of the manifest, always',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.truncate(100, everyManifest)),
    { requests: 6 },
  ),
  manifestFault(
    'truncated-once',
    'closes the connection once in the middle of the manifest',
    'image',
    ({ registry }) => registry.addFault(faults.truncate(100, { ...everyManifest, times: 1 })),
    { ...fullPullBudget, requests: 8 },
  ),
  manifestFault(
    'truncated-without-length',
    'closes the connection in the middle of the manifest, without `Content-Length`',
    'MANIFEST_INVALID',
    ({ registry }) =>
      registry.addFault(
        faults.wire((good) => ['HTTP/1.0 200 OK\r\n\r\n', good.body.subarray(0, 100)], everyManifest),
      ),
  ),
  manifestFault(
    'reset-once',
    'resets the connection once in the middle of the manifest',
    'image',
    ({ registry, random }) => registry.addFault(faults.reset(random(300), { ...everyManifest, times: 1 })),
    { ...fullPullBudget, requests: 8 },
  ),
  manifestFault(
    'digest-header-lies',
    'sends the manifest with a wrong `Docker-Content-Digest`',
    'image',
    ({ registry }) =>
      registry.addFault(faults.header('docker-content-digest', `sha256:${'0'.repeat(64)}`, everyManifest)),
    fullPullBudget,
  ),
  manifestFault(
    'digest-header-garbage',
    'sends the manifest with a path as `Docker-Content-Digest`',
    'image',
    ({ registry }) =>
      registry.addFault(faults.header('docker-content-digest', '../../etc/passwd', everyManifest)),
    fullPullBudget,
  ),
  manifestFault(
    'other-by-digest',
    'sends another manifest than the requested one',
    'DIGEST_MISMATCH',
    ({ registry }) => registry.addFault(faults.wrongManifest({ status: 200 })),
    { setting: { by: 'digest' } },
  ),
  manifestFault(
    'byte-by-digest',
    'sends a manifest with a wrong byte',
    'DIGEST_MISMATCH',
    ({ registry, random }) => registry.addFault(faults.wrongByte(random(300), everyManifest)),
    { setting: { by: 'digest' } },
  ),
]

/** Faults of manifests. */
export const manifestFaults: readonly CataloguedFault[] = [...documentFaults, ...typeFaults, ...bodyFaults]

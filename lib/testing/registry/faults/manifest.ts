/** Faults of manifests: bodies that do not match their type or digest, and documents that a client must reject. */
import { gzipSync } from 'node:zlib'
import { faults } from '../fault.js'
import { forever, head } from '../wire.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const manifest = faultsOf('manifest', { requests: 4, bytes: 8192 })
const fullPull: FaultChange = { requests: 7, bytes: 104 * 1024 }
const served = { kind: 'manifest', status: 200, times: Infinity } as const

/** Replaces the document of the tag. */
const document = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  change: (manifest: Record<string, unknown>, scene: FaultScene) => unknown,
  mediaType?: string,
  more: FaultChange = {},
): CataloguedFault =>
  manifest(
    name,
    behaviour,
    outcome,
    (scene) => scene.publish(change(scene.manifest(), scene), mediaType),
    more,
  )

const text = (value: string): Buffer => Buffer.from(value)

/** Returns the manifest with changed members of its first layer. */
const firstLayer =
  (members: Readonly<Record<string, unknown>>) =>
  ({ layers, ...rest }: Record<string, unknown>): unknown => {
    const [first, ...others] = layers as readonly object[] // from buildImage
    return { ...rest, layers: [{ ...first, ...members }, ...others] }
  }

const documents = [
  document('empty', 'is nothing', 'MANIFEST_UNKNOWN', () => text('')),
  document('page', 'is a page', 'MANIFEST_INVALID', () => text('<html>Log in here</html>')),
  document('null', 'is `null`', 'MANIFEST_INVALID', () => null),
  document('array', 'is a list', 'MANIFEST_INVALID', () => []),
  document('trailing', 'has something after its end', 'MANIFEST_INVALID', (good) =>
    text(`${JSON.stringify(good)}{}`),
  ),
  document('bom', 'begins with a byte order mark', 'MANIFEST_INVALID', (good) =>
    text(`\ufeff${JSON.stringify(good)}`),
  ),
  document('invalid-utf-8', 'is no text', 'MANIFEST_INVALID', (good) =>
    Buffer.from(JSON.stringify({ ...good, x: '\xff\xfe' }), 'latin1'),
  ),
  document('duplicate-keys', 'says twice what its layers are', 'MANIFEST_INVALID', (good) =>
    text(JSON.stringify(good).replace(/^\{/, '{"layers":[],')),
  ),
  document(
    'deep',
    'is 10,000 levels deep',
    'MANIFEST_INVALID',
    (good) => text(JSON.stringify(good).replace(/^\{/, `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)},`)),
    undefined,
    { bytes: 32 * 1024 },
  ),
  document('both-kinds', 'is an image and an index at once', 'MANIFEST_INVALID', (good) => ({
    ...good,
    manifests: [],
  })),
  document(
    'no-layers',
    'has no layers, but its config has diffIDs',
    'ROOTFS_MISMATCH',
    (good) => ({ ...good, layers: [] }),
    undefined,
    fullPull,
  ),
  document(
    'digest-climbs',
    'has a path for a digest',
    'MANIFEST_INVALID',
    firstLayer({ digest: 'sha256:../../../etc/passwd' }),
  ),
  document(
    'digest-upper-case',
    'has a digest in capitals',
    'MANIFEST_INVALID',
    firstLayer({ digest: `sha256:${'A'.repeat(64)}` }),
  ),
  document(
    'digest-odd',
    'has a digest of an algorithm that is not supported',
    'UNSUPPORTED',
    firstLayer({ digest: `md5:${'0'.repeat(32)}` }),
  ),
  document('size-negative', 'says that a layer has -1 bytes', 'MANIFEST_INVALID', firstLayer({ size: -1 })),
  document('size-fraction', 'says that a layer has 1.5 bytes', 'MANIFEST_INVALID', firstLayer({ size: 1.5 })),
  document('size-text', 'says that a layer has "10" bytes', 'MANIFEST_INVALID', firstLayer({ size: '10' })),
  document(
    'size-absent',
    'does not say how long a layer is',
    'MANIFEST_INVALID',
    firstLayer({ size: undefined }),
  ),
  document(
    'size-beyond-numbers',
    'says that a layer has 2^53 bytes',
    'MANIFEST_INVALID',
    firstLayer({ size: 2 ** 53 }),
  ),
  document(
    'size-smaller',
    'says that a layer is a byte shorter than it is',
    'SIZE_MISMATCH',
    (good, { size }) => firstLayer({ size: size - 1 })(good),
    undefined,
    { requests: 7, bytes: 120 * 1024 },
  ),
  document(
    'size-larger',
    'says that a layer is a byte longer than it is',
    'SIZE_MISMATCH',
    (good, { size }) => firstLayer({ size: size + 1 })(good),
    undefined,
    { requests: 7, bytes: 120 * 1024 },
  ),
  document('wrong-media-type', 'says that it is an index', 'MANIFEST_INVALID', (good) => ({
    ...good,
    mediaType: 'application/vnd.oci.image.index.v1+json',
  })),
]

const types = [
  document('html-type', 'is called a page', 'image', (good) => good, 'text/html', fullPull),
  document(
    'index-type',
    'is called an index',
    'MANIFEST_INVALID',
    (good) => good,
    'application/vnd.oci.image.index.v1+json',
  ),
  document(
    'type-with-parameter',
    'is called what it is, with a parameter',
    'image',
    (good) => good,
    'application/vnd.oci.image.manifest.v1+json; charset=utf-8',
    fullPull,
  ),
  document('no-type', 'is not called anything', 'image', (good) => good, '', fullPull),
]

const bodies = [
  manifest(
    'compressed',
    'comes compressed, which was not requested',
    'image',
    ({ registry }) =>
      registry.addFault(faults.body((body) => gzipSync(body), served, { 'content-encoding': 'gzip' })),
    fullPull,
  ),
  manifest(
    'encoding-claimed',
    'is said to be compressed, and is not',
    'image',
    ({ registry }) => registry.addFault(faults.header('content-encoding', 'gzip', served)),
    fullPull,
  ),
  manifest(
    'bomb',
    'comes compressed, 64 MiB of it',
    'REGISTRY_RESPONSE',
    ({ registry }) =>
      registry.addFault(
        faults.body(() => gzipSync(Buffer.alloc(2 ** 26)), served, { 'content-encoding': 'gzip' }),
      ),
    { bytes: 128 * 1024 },
  ),
  manifest(
    'long',
    'is 5 MiB long, and says so',
    'LIMIT_EXCEEDED',
    ({ registry }) => registry.addFault(faults.body(() => Buffer.alloc(5 * 2 ** 20, ' '), served)),
    { bytes: 5 * 2 ** 20 + 8192 },
  ),
  manifest('said-to-be-huge', 'is said to be 1 TiB long', 'LIMIT_EXCEEDED', ({ registry }) =>
    registry.addFault(
      faults.wire(() => [head('200 OK', `content-length: ${2 ** 40}`), '{}'], served, 'stall'),
    ),
  ),
  manifest(
    'endless',
    'never ends',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK', 'content-type: application/vnd.oci.image.manifest.v1+json')
          yield* forever(' '.repeat(64 * 1024))
        }, served),
      ),
    { bytes: 16 * 2 ** 20 },
  ),
  manifest(
    'truncated',
    'always breaks off',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.truncate(100, served)),
    { requests: 6 },
  ),
  manifest(
    'truncated-once',
    'breaks off once',
    'image',
    ({ registry }) => registry.addFault(faults.truncate(100, { ...served, times: 1 })),
    { ...fullPull, requests: 8 },
  ),
  manifest(
    'truncated-without-length',
    'breaks off, without a length that tells',
    'MANIFEST_INVALID',
    ({ registry }) =>
      registry.addFault(
        faults.wire((good) => ['HTTP/1.0 200 OK\r\n\r\n', good.body.subarray(0, 100)], served),
      ),
  ),
  manifest(
    'reset-once',
    'is reset once',
    'image',
    ({ registry, random }) => registry.addFault(faults.reset(random(300), { ...served, times: 1 })),
    { ...fullPull, requests: 8 },
  ),
  manifest(
    'digest-header-lies',
    'is called by another digest',
    'image',
    ({ registry }) =>
      registry.addFault(faults.header('docker-content-digest', `sha256:${'0'.repeat(64)}`, served)),
    fullPull,
  ),
  manifest(
    'digest-header-garbage',
    'is called by a path',
    'image',
    ({ registry }) => registry.addFault(faults.header('docker-content-digest', '../../etc/passwd', served)),
    fullPull,
  ),
  manifest(
    'other-by-digest',
    'is another than the one that was asked for by digest',
    'DIGEST_MISMATCH',
    ({ registry }) => registry.addFault(faults.wrongManifest({ status: 200 })),
    { setting: { by: 'digest' } },
  ),
  manifest(
    'byte-by-digest',
    'has a wrong byte, and was asked for by digest',
    'DIGEST_MISMATCH',
    ({ registry, random }) => registry.addFault(faults.wrongByte(random(300), served)),
    { setting: { by: 'digest' } },
  ),
]

/** Faults of manifests. */
export const manifestFaults: readonly CataloguedFault[] = [...documents, ...types, ...bodies]

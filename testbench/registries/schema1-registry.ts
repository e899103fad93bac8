/** Provides a schema 1 image for specs, and registries that serve it alone or together with schema 2. */
import { lastValueFrom, toArray } from 'rxjs'
import { type WindlassError, asWindlassError } from '../../lib/errors.js'
import type { PullEvent } from '../../lib/events/index.js'
import { digestOf, mediaTypes } from '../../lib/image/index.js'
import { type BuiltImage, buildImage, putImage, whiteout } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import type { Pull, PullOptions } from '../../puller/index.js'
import {
  type Schema1Entry,
  generateKey,
  schema1Payload,
  signPayload,
  topConfig,
} from '../documents/schema1-images.js'

export const pullOptions: PullOptions = { platform: 'linux/amd64' }
export const key = generateKey('ES256')
export const repository = 'library/old'

/** Three layers that change each other, so that their order is visible. */
export const image = buildImage({
  format: 'docker',
  layers: [
    { entries: [{ path: 'who', content: 'base' }, { path: 'gone', content: 'x' }, { path: 'dir/' }] },
    { entries: [{ path: 'who', content: 'middle' }, whiteout('gone'), { path: 'dir/m', content: 'm' }] },
    { entries: [{ path: 'who', content: 'top' }] },
  ],
})
export const [base, middle, top] = image.layers
export const emptyTar = buildImage({ layers: [{ entries: [] }] }).layers[0]!

/** The history of the same image in schema 1, with an additional empty layer. */
export const entries: readonly Schema1Entry[] = [
  { blob: base!.digest },
  { blob: middle!.digest },
  { blob: emptyTar.digest, v1: { throwaway: true } },
  { blob: top!.digest, v1: topConfig },
]
export const payload = schema1Payload(entries)
export const digest = digestOf(payload)
export const signedManifest = signPayload(payload, key)

/** Puts a schema 1 manifest, under its digest and `tag`, and the layers of `from` into the registry. */
export function putSchema1(
  registry: TestRegistry,
  bytes = signedManifest,
  tag = 'latest',
  from: BuiltImage = image,
): void {
  for (const blob of [...from.layers.map((layer) => layer.bytes), emptyTar.bytes]) registry.putBlob(blob)
  for (const name of [digest, tag])
    registry.putManifest(repository, name, bytes, mediaTypes.dockerSchema1Signed)
}

/** Serves an image by tag as registries do: schema 2 to clients that accept it, schema 1 to others. */
export async function serveBothSchemas(registry: TestRegistry): Promise<void> {
  putSchema1(registry, signedManifest, 'as-schema1')
  await putImage(registry, repository, 'latest', image)
  registry.hook(({ kind, reference, headers }) => {
    const understands = headers['accept']?.includes(mediaTypes.dockerManifest)
    if (kind !== 'manifest' || reference !== 'latest' || understands) return undefined
    return { status: 200, headers: { 'content-type': mediaTypes.dockerSchema1Signed }, body: signedManifest }
  })
}

/** Returns the digests of the requested blobs, starting at the request number `from`. */
export const requestedBlobs = (registry: TestRegistry, method: 'GET' | 'HEAD', from = 0): string[] =>
  registry.requests
    .slice(from)
    .filter((request) => request.kind === 'blob' && request.method === method)
    .map(({ reference }) => reference)

export const eventsOf = (pull: Pull): Promise<PullEvent[]> => lastValueFrom(pull.events.pipe(toArray()))
/** Returns the error of a pull; rejects if the pull succeeds. */
export const failureOf = (pull: Pull): Promise<WindlassError> =>
  pull.done.then((done) => {
    throw new Error(`pulled ${done.digest}`)
  }, asWindlassError)
export const diffIDs = image.layers.map(({ diffID }) => diffID)

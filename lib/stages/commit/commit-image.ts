/**
 * Commits an image: writes its indexes, manifest and config, then points the name at it. Nothing refers to the image
 * before the last step.
 */
import type { Buffer } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Digest, digestOf, formatPlatform } from '../../image/index.js'
import { type Store, recoveryHints } from '../../store/index.js'
import type {
  ConfigDocument,
  FinishedImage,
  PulledImage,
  PulledLayer,
  Schema1ImageDocument,
} from '../elements.js'
import { listedManifest } from '../../transfer/stored/listed-manifest.js'
import { schema1Annotation, signedAnnotation } from '../../transfer/stored/stored-conversion.js'
import { untilAborted } from '../../flow/lifetime/abort.js'

/** Settings of `commitImage`. */
export interface CommitImageOptions {
  /**
   * Whether to make the name refer to the image. Default: true. False if the caller sets the name later, for example
   * after several images.
   */
  readonly named?: boolean
}

/**
 * Returns the stage that writes the documents of an image to the store, sets its name, and emits the `image` event.
 * Of an image that is up to date, only the config is written.
 * @throws STORE_CORRUPT when a layer is missing from the store; the failure of the config; errors of the store
 */
export function commitImage(
  store: Store,
  { named = true }: CommitImageOptions = {},
): Stage<FinishedImage, PulledImage> {
  return pullStage(
    async (image: FinishedImage, turn): Promise<PulledImage> => {
      const { request, document, original, upToDate } = image
      const config = await untilAborted(image.config.value, turn.signal)
      const pulled = pulledImage(image, config)
      await assertPresent(image, store)
      // Also if the image is up to date, because `fetchConfig` may have replaced a corrupt config.
      await store.blobs.put(document.manifest.config.digest, config.bytes)
      if (!upToDate) {
        const listed = listedManifest(document)
        await store.blobs.put(listed.descriptor.digest, listed.bytes)
        for (const [digest, bytes] of manifestsOf(image)) await store.blobs.put(digest, bytes)
        if (named)
          await store.names.set(
            {
              name: request.name,
              typed: request.typed,
              descriptor: {
                ...listed.descriptor,
                platform: platformOf(config),
                ...(original && { annotations: annotationsOf(original) }),
              },
              rootDigest: pulled.digest,
              rootMediaType: pulled.mediaType,
            },
            turn.signal,
          )
      }
      if (upToDate) await store.blobs.markUsed(listedManifest(document).descriptor.digest)
      const { name, digest, mediaType, platform, imageId, size, status } = pulled
      turn.emit({
        ...{ type: 'image', name, digest, mediaType, platform, imageId, size, status },
        layers: pulled.layers.map((layer) => layer.digest),
      })
      return pulled
    },
    { name: 'commit-image', order: 'source' },
  )
}

/**
 * Checks that every layer is still in the store, because another process may have removed one and a name must only
 * refer to complete images.
 */
async function assertPresent({ request, ensured }: FinishedImage, store: Store): Promise<void> {
  for (const { task, stored } of ensured) {
    const { digest, size } = task.descriptor
    const present = stored ? await store.layers.has(stored) : await store.blobs.has(digest, size)
    if (!present)
      throw new WindlassError(
        'STORE_CORRUPT',
        `Failed to store ${request.name}: its layer ${digest} is no longer in the store`,
        {
          reference: request.name,
          digest,
          hint: recoveryHints.pullAgain(request.typed),
        },
      )
  }
}

/**
 * Yields every document of the image with its digest: the manifest, the indexes that contain it, and the schema 1
 * original.
 */
function* manifestsOf({
  document,
  original,
  parentIndexes,
}: FinishedImage): Iterable<readonly [Digest, Buffer]> {
  for (const { descriptor, bytes } of [document, ...parentIndexes]) yield [descriptor.digest, bytes]
  if (!original) return
  const { bytes, payload, descriptor } = original
  const signed = digestOf(bytes)
  yield [signed, bytes]
  // The digest of a signed manifest covers the payload only, unless it was requested by another digest.
  if (signed !== descriptor.digest) yield [descriptor.digest, payload]
}

/**
 * Returns the annotations that link a name to its schema 1 manifest: the digest of the manifest, and the digest of its
 * bytes with signatures.
 */
const annotationsOf = ({ descriptor, bytes }: Schema1ImageDocument): Record<string, string> => ({
  [schema1Annotation]: descriptor.digest,
  [signedAnnotation]: digestOf(bytes),
})

function pulledImage(
  { request, document, original, parentIndexes, ensured, upToDate }: FinishedImage,
  config: ConfigDocument,
): PulledImage {
  const root = parentIndexes[0] ?? original ?? document
  const layers = ensured
    .flatMap(({ task, stored }) => task.positions.map((at) => ({ at, task, stored })))
    .sort((a, b) => a.at - b.at)
    .map(({ at, stored }): PulledLayer => {
      const { digest, mediaType, size } = document.manifest.layers[at]!
      return { digest, diffID: config.diffIDs[at]!, mediaType, size, rootfs: stored?.rootfs }
    })
  return {
    name: request.name,
    digest: root.descriptor.digest,
    mediaType: root.descriptor.mediaType,
    platform: formatPlatform(platformOf(config)),
    imageId: document.manifest.config.digest,
    manifestDigest: document.descriptor.digest,
    ...(original && { signatures: original.signed.state }),
    size: layers.reduce((total, { size }) => total + size, 0),
    status: upToDate ? 'up-to-date' : 'newer',
    config: config.config,
    layers,
  }
}

const platformOf = ({ config: { os, architecture, variant } }: ConfigDocument) => ({
  os,
  architecture,
  ...(variant === undefined ? {} : { variant }),
})

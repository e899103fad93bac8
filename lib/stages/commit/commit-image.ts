/** Lets an image be seen: its indexes, manifest and config, and then, last of all, its name. */
import type { Buffer } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Digest, digestOf, formatPlatform } from '../../image/index.js'
import { type Store, waysOut } from '../../store/index.js'
import type {
  ConfigDocument,
  FinishedImage,
  PulledImage,
  PulledLayer,
  Schema1ImageDocument,
} from '../elements.js'
import { listedManifest } from '../plan/listed-manifest.js'
import { schema1Annotation, signedAnnotation } from '../schema1/stored-conversion.js'
import { untilAborted } from '../../flow/lifetime/abort.js'

export interface CommitImageOptions {
  /** Let the name point at the image (true). Without it, whoever commits more than this image names it. */
  readonly named?: boolean
}

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
      // Even if all is here: a config that had rotted was fetched again, and takes its place.
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

/** A name is given only to what is whole: something else may have removed a layer meanwhile. */
async function assertPresent({ request, ensured }: FinishedImage, store: Store): Promise<void> {
  for (const { task, stored } of ensured) {
    const { digest, size } = task.descriptor
    const here = stored
      ? (await store.layers.find(stored.diffID, stored.form)) !== undefined
      : await store.blobs.has(digest, size)
    if (!here)
      throw new WindlassError(
        'STORE_CORRUPT',
        `Naming ${request.name}: its layer ${digest} is not in the store any more`,
        {
          reference: request.name,
          digest,
          hint: waysOut.pullAgain(request.typed),
        },
      )
  }
}

/** Every document that led here, under the digest that leads to it. */
function* manifestsOf({ document, original, trail }: FinishedImage): Iterable<readonly [Digest, Buffer]> {
  for (const { descriptor, bytes } of [document, ...trail]) yield [descriptor.digest, bytes]
  if (!original) return
  const { bytes, payload, descriptor } = original
  const signed = digestOf(bytes)
  yield [signed, bytes]
  // The digest of a signed manifest is that of what is signed, unless it was asked for by another.
  if (signed !== descriptor.digest) yield [descriptor.digest, payload]
}

/** What leads from the name to what was served: the digest it goes by, and the bytes with the signatures. */
const annotationsOf = ({ descriptor, bytes }: Schema1ImageDocument): Record<string, string> => ({
  [schema1Annotation]: descriptor.digest,
  [signedAnnotation]: digestOf(bytes),
})

function pulledImage(
  { request, document, original, trail, ensured, upToDate }: FinishedImage,
  config: ConfigDocument,
): PulledImage {
  const root = trail[0] ?? original ?? document
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

/** Lets an image be seen: its indexes, manifest and config, and then, last of all, its name (S0-67, S0-71). */
import { type Stage, stage } from '../flow/index.js'
import { formatPlatform } from '../image/index.js'
import type { Store } from '../store/index.js'
import type { ConfigDocument, PulledImage, PulledLayer, WholeImage } from './elements.js'
import { untilAborted } from './until-aborted.js'

export function commitImage(store: Store): Stage<WholeImage, PulledImage> {
  return stage(
    async (image: WholeImage, turn): Promise<PulledImage> => {
      const { request, document, trail, upToDate } = image
      const config = await untilAborted(image.config.value, turn.signal)
      const pulled = pulledImage(image, config)
      if (!upToDate) {
        await store.blobs.put(document.manifest.config.digest, config.bytes)
        for (const { descriptor, bytes } of [document, ...trail])
          await store.blobs.put(descriptor.digest, bytes)
        await store.names.set({
          name: request.name,
          typed: request.typed,
          descriptor: { ...document.descriptor, platform: platformOf(config) },
          rootDigest: pulled.digest,
          rootMediaType: pulled.mediaType,
        })
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

function pulledImage(
  { request, document, trail, ensured, upToDate }: WholeImage,
  config: ConfigDocument,
): PulledImage {
  const root = trail[0] ?? document
  const layers = ensured
    .flatMap(({ task, stored }) => task.positions.map((at) => ({ at, task, stored })))
    .sort((a, b) => a.at - b.at)
    .map(({ at, task: { descriptor }, stored }): PulledLayer => {
      const { digest, mediaType, size } = descriptor
      return { digest, diffID: config.diffIDs[at]!, mediaType, size, rootfs: stored?.rootfs }
    })
  return {
    name: request.name,
    digest: root.descriptor.digest,
    mediaType: root.descriptor.mediaType,
    platform: formatPlatform(platformOf(config)),
    imageId: document.manifest.config.digest,
    manifestDigest: document.descriptor.digest,
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

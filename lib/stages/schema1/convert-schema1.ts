/** Converts a schema 1 image to an image manifest and a config. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type IdentifiedLayer, convertSchema1 as convert } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { FinishedImage, WholeImage } from '../elements.js'
import type { EnsuredLayer } from '../../transfer/elements.js'
import { identifyLayer } from '../../transfer/stored/identify-layer.js'

/**
 * Returns the stage that converts a schema 1 image whose layers are in the store, and settles its `config`. Other
 * images pass unchanged.
 * @throws as `diffIDOfBlob`, and errors of the conversion
 */
export function convertSchema1(store: Store): Stage<WholeImage, FinishedImage> {
  return pullStage(
    async (image: WholeImage, turn): Promise<FinishedImage> => {
      const { document, ensured, upToDate, request } = image
      if (document.kind === 'image') return { ...image, document, original: undefined }
      const { previousConversion, image: schema1 } = document
      const reusable = upToDate ? previousConversion : undefined
      const conversion = reusable ?? convert(schema1, await identifyLayers(ensured), request.name)
      image.config.settle(conversion.config)
      return { ...image, document: conversion.document, original: document }

      async function identifyLayers(layers: readonly EnsuredLayer[]): Promise<IdentifiedLayer[]> {
        const byPosition: IdentifiedLayer[] = []
        for (const { task, stored } of layers) {
          const { descriptor, positions } = task
          const found = stored ?? (await store.layers.findByBlob(descriptor.digest))
          const { signal } = turn
          const identified = await identifyLayer(descriptor, store, {
            ...{ signal, limits: request.limits, diffID: found?.diffID },
          })
          for (const at of positions) byPosition[at] = identified
        }
        return byPosition
      }
    },
    { name: 'convert-schema1', order: 'source' },
  )
}

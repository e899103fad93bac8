/** The history of an image: the steps of its build, each with the layer that it made. */
import type { Digest, HistoryEntry, ImageConfig } from '../../lib/image/index.js'

/** A step in the build of an image. */
export interface HistoryStep {
  /** When the step ran, as the config states it (RFC 3339). Undefined if it does not. */
  readonly created: string | undefined
  /** The command; empty if the config does not say. */
  readonly createdBy: string
  readonly comment: string
  /** The compressed layer that the step made; undefined if it made none. */
  readonly layer: Digest | undefined
  /**
   * Size of the layer in bytes: unpacked, as a tar archive, if it is in the store, otherwise compressed. 0 without a layer;
   * undefined if the manifest does not say (schema 1).
   */
  readonly size: number | undefined
  /** Whether `size` is that of the unpacked layer. */
  readonly unpacked: boolean
}

/** A layer as `historyOf` needs it. */
export interface LayerSizes {
  readonly digest: Digest
  /** Compressed size in bytes; undefined if the manifest does not say. */
  readonly size: number | undefined
  readonly unpackedSize?: number | undefined
}

/**
 * Returns the steps of an image, the latest first, as `docker history` lists them. A config without a history has one step for each
 * layer; layers beyond the history have steps without a command.
 */
export function historyOf(config: ImageConfig, layers: readonly LayerSizes[]): HistoryStep[] {
  const stated = config.history ?? []
  const missing = layers.length - stated.filter((step) => step.empty_layer !== true).length
  const left = [...layers]
  const steps = [...stated, ...Array.from({ length: Math.max(0, missing) }, (): HistoryEntry => ({}))]
  return steps
    .map((step): HistoryStep => {
      const layer = step.empty_layer === true ? undefined : left.shift()
      return {
        ...{ created: step.created, createdBy: step.created_by ?? '', comment: step.comment ?? '' },
        layer: layer?.digest,
        size: layer ? (layer.unpackedSize ?? layer.size) : 0,
        unpacked: layer?.unpackedSize !== undefined,
      }
    })
    .reverse()
}

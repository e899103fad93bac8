/** Formats the status of a layer in the words that Docker uses. */
import type { LayerSnapshot, LayerStatus } from '../../lib/events/index.js'
import { printable } from '../../lib/codec/printable.js'
import { formatSeconds } from '../../lib/quantities.js'

const words: Readonly<Record<LayerStatus, string>> = {
  waiting: 'Waiting',
  downloading: 'Downloading',
  copying: 'Copying',
  retrying: 'Retrying',
  restart: 'Starting over',
  verifying: 'Verifying',
  downloaded: 'Download complete',
  extracting: 'Extracting',
  copied: 'Copied',
  mounted: 'Mounted',
  complete: 'Pull complete',
  exists: 'Already exists',
}

/**
 * Formats the status of a layer. A retry shows the seconds that are left.
 * @param now milliseconds since 1970
 */
export function statusWords({ status, retry }: LayerSnapshot, now: number): string {
  if (!retry) return words[status]
  const reason = retry.reason === '' ? '' : ` (${printable(retry.reason)})`
  return `Retrying in ${formatSeconds(retry.at - now)}${reason}`
}

/** Returns the first twelve hexadecimal digits of a digest, as Docker shows layers. */
export const shortDigest = (digest: string): string => printable(digest.replace(/^\w+:/, '').slice(0, 12))

const finished: ReadonlySet<LayerStatus> = new Set(['complete', 'exists', 'copied', 'mounted'])

/** Reports whether nothing is left to do for the layer. */
export const isFinished = ({ status }: LayerSnapshot): boolean => finished.has(status)

/** Reports whether the layer is worked on, or waits for its next attempt. */
export const isActive = (layer: LayerSnapshot): boolean => layer.status !== 'waiting' && !isFinished(layer)

/** Renders progress as plain lines for logs and pipes: one line per change of status, without control characters. */
import { type PullEvent, type PullSnapshot, reduce } from '../../lib/events/index.js'
import { printable } from '../../lib/codec/printable.js'
import { shortDigest, statusWords } from './layer-status.js'
import { formatBytes, formatCount } from '../../lib/quantities.js'
import { rateLimitNote } from './rate-limit-note.js'
import { copyLine, statusLine } from './status-line.js'

/** Returns the lines for `event`; none if it only updates byte counts. @param before state before the event */
export function plainLines(before: PullSnapshot, event: PullEvent): string[] {
  switch (event.type) {
    case 'start':
      return [startLine(event)]
    case 'manifest':
      return [
        `Manifest ${event.digest} (${printable(event.mediaType)}) from ${printable(event.host)}${event.mirror === true ? ', a mirror' : ''}`,
      ]
    case 'platform':
      return [
        `Platform ${printable(event.chosen)} of ${formatCount(event.rejected.length + 1, 'entry', 'entries')}: ${event.digest}`,
      ]
    case 'plan':
      return [
        planLine(event, before.target !== undefined),
        ...event.layers.filter(({ action }) => action === 'exists').map(existsLine),
      ]
    case 'request':
      return []
    case 'layer':
      return layerLines(before, event)
    case 'warning':
      return [`Warning: ${printable(event.message, 500)}`]
    case 'paused':
      return ['Paused']
    case 'resumed':
      return ['Resumed']
    case 'image':
      return [`${statusLine(event.name, event.status)}${rateLimitNote(before)}`]
    case 'copied':
      return [copyLine(event)]
    case 'end':
      return event.outcome === 'cancelled' ? ['Cancelled'] : []
  }
}

type Plan = Extract<PullEvent, { type: 'plan' }>

function startLine({ reference, target, platform }: Extract<PullEvent, { type: 'start' }>): string {
  const name = printable(reference, 500)
  if (target === undefined) return `Pulling ${name} for ${printable(platform)}`
  const platforms = platform === 'all' ? 'all platforms' : printable(platform)
  return `Copying ${name} to ${printable(target, 500)}, ${platforms}`
}

function planLine({ layers, bytes }: Plan, isCopy: boolean): string {
  if (isCopy) return `${formatCount(layers.length, 'blob')}, ${formatBytes(bytes.total)}`
  const total = `${formatCount(layers.length, 'layer')}, ${formatBytes(bytes.total)}`
  return `${total}, ${formatBytes(bytes.toDownload)} to download`
}

const existsLine = ({ digest }: Plan['layers'][number]): string => `${shortDigest(digest)}: Already exists`

function layerLines(before: PullSnapshot, event: Extract<PullEvent, { type: 'layer' }>): string[] {
  const sameDigest = (layer: { readonly digest: string }): boolean => layer.digest === event.digest
  const was = before.layers.find(sameDigest)
  const layer = reduce(before, event).layers.find(sameDigest)
  const isNewAttempt = event.status === 'retrying' && event.attempt !== was?.retry?.attempt
  if (!layer || (was?.status === event.status && !isNewAttempt)) return []
  const line = `${shortDigest(event.digest)}: ${statusWords(layer, Date.parse(event.time))}`
  if (event.status !== 'downloading' && event.status !== 'copying') return [line]
  const from = event.host === undefined ? '' : ` from ${printable(event.host)}`
  const at = event.current > 0 ? `, resuming after ${formatBytes(event.current)}` : ''
  return [`${line} ${formatBytes(event.total)}${from}${at}`]
}

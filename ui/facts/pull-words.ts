/** The words and numbers about one pull, as its card and its detail show them. */
import type { PullState } from '../../lib/api/server-state.js'
import { isCommitted } from './lines.js'
import { registryOf } from './names.js'
import { bytes, duration, percent, took, unknown } from './numbers.js'

/** The normalised name of the image, or the name as it was typed. */
export const nameOf = ({ record, snapshot }: PullState): string => snapshot.reference ?? record.order.image

/** The state in one or two words, and whether it is trouble. */
export interface StateWord {
  readonly text: string
  readonly isBad: boolean
}

export function stateWord(pull: PullState): StateWord {
  const { record, snapshot } = pull
  const calm = (text: string): StateWord => ({ text, isBad: false })
  switch (record.state) {
    case 'failed':
      return { text: 'failed', isBad: true }
    case 'done':
      return calm(snapshot.result?.status === 'up-to-date' ? 'up to date' : 'done')
    case 'running': {
      const rank = record.priority > 0 ? 'high, ' : record.priority < 0 ? 'low, ' : ''
      if (snapshot.layers.some(({ status }) => status === 'retrying'))
        return { text: `${rank}retrying`, isBad: true }
      return calm(snapshot.totals ? `${rank}running` : `${rank}asks ${registryOf(nameOf(pull))}`)
    }
    default:
      return calm(record.state)
  }
}

/** Per cent as text. */
export const percentText = ({ record, snapshot }: PullState): string =>
  snapshot.totals || record.state === 'done'
    ? `${percent(record.progress.fraction, record.state === 'done')} %`
    : unknown

/** Bytes that were fetched and that were to be fetched. Undefined before the plan. */
export function fetchedOf({
  snapshot,
}: PullState): { readonly fetched: number; readonly total: number } | undefined {
  const { totals } = snapshot
  if (!totals) return undefined
  return {
    fetched: Math.max(0, totals.fetched - (totals.total - totals.toDownload)),
    total: totals.toDownload,
  }
}

/** The middle of the second line of a card: bytes, or what happened instead. */
export function bytesText(pull: PullState): string {
  const { record, snapshot } = pull
  const known = fetchedOf(pull)
  if (record.state === 'failed')
    return `${causeOf(snapshot.error?.code)}, ${known && known.fetched > 0 ? `${bytes(known.fetched)} kept` : 'nothing fetched'}`
  if (record.state === 'interrupted') return 'by a restart of serve'
  if (!known) return record.state === 'cancelled' ? 'nothing fetched' : ''
  if (record.state === 'cancelled') return `${bytes(known.fetched)} kept`
  return known.total === 0 ? 'all layers were here' : `${bytes(known.fetched)} of ${bytes(known.total)}`
}

const causes: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'unauthorised',
  DENIED: 'denied',
  MANIFEST_UNKNOWN: 'not found',
  NAME_UNKNOWN: 'not found',
  TOO_MANY_REQUESTS: 'too many requests',
  STORE_FULL: 'disk full',
  NETWORK: 'no connection',
  TIMEOUT: 'no answer',
}

/** A few words for the code of an error. */
export const causeOf = (code = 'error'): string => causes[code] ?? code.toLowerCase().replaceAll('_', ' ')

/** `44 s left`, `after 20 s`, or nothing. */
export function timeText({ record }: PullState): string {
  const { secondsLeft } = record.progress
  if (record.state === 'running') return secondsLeft === null ? unknown : `${duration(secondsLeft)} left`
  if (record.endedAt !== undefined && record.state !== 'interrupted')
    return `after ${took(record.endedAt - record.startedAt)}`
  return ''
}

/** `23` of the layers. */
export const committedCount = ({ snapshot }: PullState): number => snapshot.layers.filter(isCommitted).length

/** Digest that the name refers to; that of the image while the pull runs. */
export const digestOf = ({ snapshot }: PullState): string | undefined =>
  snapshot.result?.digest ?? snapshot.manifests[0]?.digest

/** Reports whether the pull can be started again. */
export const isEnded = ({ record }: PullState): boolean =>
  record.state !== 'running' && record.state !== 'paused'

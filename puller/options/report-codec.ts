/** The codec of the report that `retryFailed` takes. A report may come from a file. */
import { type PullReport } from '../../pipelines/many/pull-report.js'
import { codec, isRecord } from './option-codecs.js'

const isOutcome = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  typeof value['attempts'] === 'number' &&
  typeof value['duration'] === 'number' &&
  isRecord(value['bytes']) &&
  typeof value['bytes']['total'] === 'number' &&
  typeof value['bytes']['downloaded'] === 'number' &&
  (isRecord(value['image']) || (isRecord(value['error']) && typeof value['error']['retryable'] === 'boolean'))

/** A report of `pullMany`. */
export const pullReport = codec(
  'a report of pullMany',
  (value): value is PullReport =>
    isRecord(value) &&
    typeof value['duration'] === 'number' &&
    Array.isArray(value['outcomes']) &&
    value['outcomes'].every(isOutcome),
)

/** The options of what a puller does in its store. */
import type { CollectOptions } from '../../lib/store/index.js'
import * as codecs from '../options/option-codecs.js'
import { type OptionTable, pullTable } from '../options/option-table.js'
import type { PullOptions } from '../options/options.js'

/** Options of `history`. */
export const historyTable = { platform: pullTable.platform, signal: pullTable.signal } satisfies OptionTable<
  Pick<PullOptions, 'platform' | 'signal'>
>

/** Options of `collect`. */
export const collectTable = {
  dryRun: { codec: codecs.trueOrFalse, default: false },
  keepPartials: { codec: codecs.wholeNumber(0) },
  keepStorage: {
    codec: codecs.wholeNumber(0),
    help: 'remove the least recently used images until the store has at most SIZE',
  },
  unusedFor: {
    codec: codecs.numberWithin(0, Number.MAX_SAFE_INTEGER, ' of milliseconds'),
    help: 'remove only images that were not used for this time, such as 12h or 7d',
  },
  onProgress: { codec: codecs.functionOf<NonNullable<CollectOptions['onProgress']>>() },
} satisfies OptionTable<CollectOptions>

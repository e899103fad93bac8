/** Defines the options of `StoredContent.export`. */
import { type OptionTable, copyTable } from './option-table.js'
import * as codecs from './option-codecs.js'

/** Options of `StoredContent.export`. */
export interface ExportOptions {
  /** Platform to choose from an index, as `os/arch[/variant]` (that of this machine, otherwise the first one in the store). */
  readonly platform?: string
  /** Export whole indexes, with all images of them that the store has (false). */
  readonly allPlatforms?: boolean
  /** Cancels the export. */
  readonly signal?: AbortSignal
}

/** Options of `StoredContent.export`. */
export const exportTable = {
  ...{ platform: copyTable.platform, signal: copyTable.signal },
  allPlatforms: {
    codec: codecs.trueOrFalse,
    help: 'export indexes with the images of all platforms that the store has',
    default: false,
  },
} satisfies OptionTable<ExportOptions>

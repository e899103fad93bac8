/** Parses lists of images to sync, in the format of skopeo or of regsync. */
import { WindlassError } from '../errors.js'
import { quoted } from '../codec/index.js'
import { ListDocument } from './list-document.js'
import type { TemplateValues } from './list-templates.js'
import { readRegsyncList } from './regsync-list.js'
import { checkDestination, readSkopeoList } from './skopeo-list.js'
import type { SyncList } from './sync-list.js'

/** Options of `parseSyncList`. */
export interface ParseSyncListOptions {
  /** Path of the file, for errors (`-`). */
  readonly path?: string
  /**
   * Where the repositories of a list of skopeo are copied to: `registry.example/mirror` or `oci:DIR`. Required for a list
   * of skopeo, refused for one of regsync, whose entries state their targets.
   */
  readonly destination?: string
  /** For a list of skopeo: keep the registry and the path of each repository below the destination (false). */
  readonly scoped?: boolean
  /** For a list of skopeo: copy indexes with everything in them (false). A list of regsync always does so. */
  readonly allPlatforms?: boolean
  /** Platform to copy from indexes, as `os/arch[/variant]`. An entry of regsync may state another one. */
  readonly platform?: string
  /** Also copy signatures, SBOMs and attestations (false). An entry of regsync may state it too. */
  readonly referrers?: boolean
  /** Values of templates in a list of regsync. Default: templates have no values. */
  readonly templates?: TemplateValues
}

const noValues: TemplateValues = { env: () => undefined, file: () => undefined }

/**
 * Parses a list. A file with a list named `sync` has the format of regsync.
 * @throws USAGE, with the line and the key, when a value is invalid or not supported; PLATFORM_INVALID
 * @example
 * const list = parseSyncList('docker.io: { images: { alpine: ["3.20"] } }', { destination: 'localhost:5000' })
 */
export function parseSyncList(text: string, options: ParseSyncListOptions = {}): SyncList {
  const { path = '-', destination, templates = noValues, platform, referrers, scoped, allPlatforms } = options
  const document = new ListDocument(text, path)
  const shared = {
    ...(platform !== undefined && { platform }),
    ...(referrers !== undefined && { referrers }),
  }
  if (isRegsync(document.content)) {
    if (destination !== undefined)
      throw new WindlassError(
        'USAGE',
        `Cannot sync to ${quoted(destination)}: the entries of the list ${quoted(path)} state their targets`,
        { path, hint: 'Leave out the destination.' },
      )
    const read = readRegsyncList(document, { ...shared, templates })
    return { path, format: 'regsync', ...read, warnings: document.warnings }
  }
  if (destination === undefined)
    throw new WindlassError(
      'USAGE',
      `The list ${quoted(path)} has the format of skopeo, which states no target`,
      {
        ...{ path, hint: 'Add the destination: windlass sync FILE registry.example/mirror.' },
      },
    )
  checkDestination(destination)
  const settings = {
    ...{ ...shared, destination },
    ...(scoped !== undefined && { scoped }),
    ...(allPlatforms !== undefined && { allPlatforms }),
  }
  return { path, format: 'skopeo', ...readSkopeoList(document, settings), warnings: document.warnings }
}

const isRegsync = (content: unknown): boolean =>
  typeof content === 'object' && content !== null && 'sync' in content && Array.isArray(content.sync)

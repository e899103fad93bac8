/**
 * The config that a schema 1 image has today: the v1 config of its topmost entry, without what belonged to its layer, with
 * the history and the diffIDs. Docker and skopeo make the same bytes of the same image, so it has one id.
 */
import { Buffer } from 'node:buffer'
import type { Digest } from '../digest/digest.js'
import type { HistoryEntry, ImageConfig } from '../documents/image-config.js'
import { parseImageConfig } from '../documents/parse-config.js'

/** What the config is made of. */
export interface Schema1ConfigParts {
  /** The v1 config of the topmost entry. */
  readonly top: Readonly<Record<string, unknown>>
  /** Base first, the entries that changed nothing too. */
  readonly history: readonly HistoryEntry[]
  /** Of the manifest itself: counts where the v1 config names none. */
  readonly architecture: string | undefined
}

export interface Schema1Config {
  readonly bytes: Buffer
  readonly config: ImageConfig
}

/** What a v1 config says of its one layer. */
const ofTheLayer = new Set(['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway'])

/**
 * `diffIDs` are those of the layers, base first; undefined while nobody has seen the layers' bytes: the config then has
 * none. Throws `CONFIG_INVALID` where the v1 config is not one that can be used.
 */
export function makeSchema1Config(
  { top, history, architecture }: Schema1ConfigParts,
  diffIDs: readonly Digest[] | undefined,
  reference: string,
): Schema1Config {
  const kept = Object.entries(top).filter(([key]) => !ofTheLayer.has(key))
  const said = new Set(kept.filter(([, value]) => value !== '' && value !== null).map(([key]) => key))
  const members = new Map([
    ...kept,
    // Of a time when there was one system and one architecture, and no need to say so.
    ...(said.has('os') ? [] : [['os', 'linux'] as const]),
    ...(said.has('architecture') ? [] : [['architecture', architecture || 'amd64'] as const]),
    ['rootfs', { type: 'layers', diff_ids: diffIDs ?? [] }] as const,
    ['history', history] as const,
  ])
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1))
  const bytes = Buffer.from(goJson(Object.fromEntries(sorted)))
  // However large it is, it was in a manifest that was small enough.
  return { bytes, config: parseImageConfig(bytes, { reference, configBytes: Infinity }) }
}

/** JSON as Go writes it: safe inside HTML and JavaScript (encoding/json, HTMLEscape). */
const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

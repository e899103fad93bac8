/**
 * Creates the config of a schema 1 image: the v1 config of the top layer without its layer-specific fields, plus the
 * history and the diffIDs. The bytes are the same as those of Docker and skopeo, so that the image has the same ID.
 */
import { Buffer } from 'node:buffer'
import type { Digest } from '../digest/digest.js'
import type { HistoryEntry, ImageConfig } from '../documents/image-config.js'
import { parseImageConfig } from '../documents/parse-config.js'

/** The parts from which a config is created. */
export interface Schema1ConfigParts {
  /** The v1 config of the top layer. */
  readonly top: Readonly<Record<string, unknown>>
  /** History, base layer first. Includes entries without a layer. */
  readonly history: readonly HistoryEntry[]
  /** Architecture in the manifest. Used if the v1 config has none. */
  readonly architecture: string | undefined
}

/** A config, serialised and parsed. */
export interface Schema1Config {
  readonly bytes: Buffer
  readonly config: ImageConfig
}

/** The fields of a v1 config that describe its layer rather than the image. */
const layerFields = new Set(['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway'])

/**
 * Creates a config.
 * @param diffIDs diffIDs of the layers, base layer first; undefined if the layers have not been downloaded, in which
 *   case the config has none
 * @param reference for messages
 * @throws CONFIG_INVALID if the v1 config is not valid
 */
export function makeSchema1Config(
  { top, history, architecture }: Schema1ConfigParts,
  diffIDs: readonly Digest[] | undefined,
  reference: string,
): Schema1Config {
  const kept = Object.entries(top).filter(([key]) => !layerFields.has(key))
  const present = new Set(kept.filter(([, value]) => value !== '' && value !== null).map(([key]) => key))
  const members = new Map([
    ...kept,
    // Early Docker supported only linux/amd64 and omitted both fields.
    ...(present.has('os') ? [] : [['os', 'linux'] as const]),
    ...(present.has('architecture') ? [] : [['architecture', architecture || 'amd64'] as const]),
    ['rootfs', { type: 'layers', diff_ids: diffIDs ?? [] }] as const,
    ['history', history] as const,
  ])
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1))
  const bytes = Buffer.from(toGoJson(Object.fromEntries(sorted)))
  // Unlimited, because the size of the manifest that contains the v1 configs has already been checked.
  return { bytes, config: parseImageConfig(bytes, { reference, maxBytes: Infinity }) }
}

/**
 * Serialises JSON as Go does, with characters escaped that are unsafe in HTML or JavaScript (encoding/json HTMLEscape).
 */
const toGoJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

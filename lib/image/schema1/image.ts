/**
 * A schema 1 manifest to the image that it is, held to its rules as Docker's engine does: in the same order, each
 * breach with a message of its own. Digest and version were looked at before.
 */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../digest/digest.js'
import { printable } from '../../codec/printable.js'
import type { Schema1Manifest } from './manifest.js'
import { type Schema1ConfigParts, makeSchema1Config } from './config.js'
import { type V1Config, readV1Config } from './history.js'

/** What a schema 1 manifest says of its image. */
export interface Schema1Image extends Schema1ConfigParts {
  /** Base first, as every later form has them; entries that changed nothing make none. */
  readonly layers: readonly Schema1Layer[]
}

export interface Schema1Layer {
  readonly digest: Digest
  /** The v1 id: the name that the layer had in stores of that time. */
  readonly id: string
}

interface Entry extends V1Config {
  readonly digest: Digest
}

/**
 * `reference` is for messages. Throws `MANIFEST_INVALID` for a breach of the rules, and `CONFIG_INVALID` where no config
 * can be made: before any layer is asked for.
 */
export function readSchema1(manifest: Schema1Manifest, reference: string): Schema1Image {
  const { fsLayers, architecture, history } = manifest
  const refuse = (problem: string): never => {
    throw new WindlassError('MANIFEST_INVALID', `Reading the schema 1 manifest of ${reference}: ${problem}`, {
      reference,
    })
  }
  if (fsLayers.length !== history.length)
    refuse(
      `'fsLayers' and 'history' have different size in manifest: ${fsLayers.length} and ${history.length}`,
    )
  if (fsLayers.length === 0) refuse('no FSLayers in manifest')

  const entries = fsLayers.map(({ blobSum }, at): Entry => {
    const what = `history[${at}].v1Compatibility of the schema 1 manifest of ${reference}`
    const document = { code: 'MANIFEST_INVALID', what, subject: { reference } } as const
    return { digest: blobSum, ...readV1Config(history[at]?.v1Compatibility ?? '', document) }
  })
  const baseFirst = checkChain(entries, refuse).reverse()
  const layers = baseFirst.filter(({ throwaway }) => !throwaway).map(({ digest, id }) => ({ digest, id }))
  if (layers.length === 0) refuse('every entry is a throwaway one: the image has no layer')
  const top = entries[0]?.members ?? {}
  const image = { layers, history: baseFirst.map((entry) => entry.history), top, architecture }
  makeSchema1Config(image, undefined, reference)
  return image
}

/** The entries, child first, without those that repeat the one below them. */
function checkChain(entries: readonly Entry[], refuse: (problem: string) => never): Entry[] {
  const base = entries.at(-1)
  // The base layers of Windows have parents that are in no registry.
  if (base !== undefined && base.parent !== '' && entries[0]?.members['os'] !== 'windows')
    refuse('Invalid parent ID in the base layer of the image.')
  const seen = new Set<string>()
  entries.forEach(({ id }, at) => {
    if (seen.has(id) && entries[at - 1]?.id !== id) refuse(`ID ${id} appears multiple times in manifest`)
    seen.add(id)
  })
  return entries.filter(({ id, parent }, at) => {
    const below = entries[at + 1]
    if (below?.id === id) return false
    if (below !== undefined && parent !== below.id)
      refuse(`Invalid parent ID. Expected ${below.id}, got ${printable(parent)}.`)
    return true
  })
}

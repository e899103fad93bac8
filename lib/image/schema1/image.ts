/**
 * Validates schema 1 manifests and reads the image from them. The checks, their order and their messages follow
 * Docker's engine. The caller has already checked the digest and the schema version.
 */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../digest/digest.js'
import { printable } from '../../codec/printable.js'
import type { Schema1Manifest } from './manifest.js'
import { type Schema1ConfigParts, makeSchema1Config } from './config.js'
import { type V1Config, readV1Config } from './history.js'

/** The image in a schema 1 manifest. */
export interface Schema1Image extends Schema1ConfigParts {
  /** Base layer first, as in later formats. Entries without file changes have no layer. */
  readonly layers: readonly Schema1Layer[]
}

/** A layer of a schema 1 image. */
export interface Schema1Layer {
  readonly digest: Digest
  /** The v1 ID: name of the layer in early stores. */
  readonly id: string
}

interface Entry extends V1Config {
  readonly digest: Digest
}

/**
 * Validates a manifest and returns its image.
 * @param reference for messages
 * @throws MANIFEST_INVALID if the manifest violates a rule
 * @throws CONFIG_INVALID if no config can be created from it
 */
export function readSchema1(manifest: Schema1Manifest, reference: string): Schema1Image {
  const { fsLayers, architecture, history } = manifest
  const reject = (problem: string): never => {
    throw new WindlassError(
      'MANIFEST_INVALID',
      `The schema 1 manifest of ${reference} is invalid: ${problem}`,
      {
        reference,
      },
    )
  }
  if (fsLayers.length !== history.length)
    reject(
      `'fsLayers' and 'history' have different size in manifest: ${fsLayers.length} and ${history.length}`,
    )
  if (fsLayers.length === 0) reject('no FSLayers in manifest')

  const entries = fsLayers.map(({ blobSum }, at): Entry => {
    const what = `history[${at}].v1Compatibility of the schema 1 manifest of ${reference}`
    const document = { code: 'MANIFEST_INVALID', what, subject: { reference } } as const
    return { digest: blobSum, ...readV1Config(history[at]?.v1Compatibility ?? '', document) }
  })
  const baseFirst = validateChain(entries, reject).reverse()
  const layers = baseFirst.filter(({ throwaway }) => !throwaway).map(({ digest, id }) => ({ digest, id }))
  if (layers.length === 0) reject('all entries are throwaway entries, so the image has no layers')
  const top = entries[0]?.members ?? {}
  const image = { layers, history: baseFirst.map((entry) => entry.history), top, architecture }
  makeSchema1Config(image, undefined, reference)
  return image
}

/**
 * Checks the chain of parents. Returns the entries, top layer first, without those that have the ID of the one below.
 */
function validateChain(entries: readonly Entry[], reject: (problem: string) => never): Entry[] {
  const base = entries.at(-1)
  // The parent of a Windows base layer is not part of the manifest, because it is not distributed.
  if (base !== undefined && base.parent !== '' && entries[0]?.members['os'] !== 'windows')
    reject('Invalid parent ID in the base layer of the image.')
  const seen = new Set<string>()
  entries.forEach(({ id }, at) => {
    if (seen.has(id) && entries[at - 1]?.id !== id) reject(`ID ${id} appears multiple times in manifest`)
    seen.add(id)
  })
  return entries.filter(({ id, parent }, at) => {
    const below = entries[at + 1]
    if (below?.id === id) return false
    if (below !== undefined && parent !== below.id)
      reject(`Invalid parent ID. Expected ${below.id}, got ${printable(parent)}.`)
    return true
  })
}

/** Checks an unpacked layer against the records of the store, except for the content of its files. */
import { constants } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, algorithmOf } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { isDirectory } from '../files/durable.js'
import { readPointers } from '../layers/pointers-by-layer.js'
import type { LayerBlob, WhiteoutForm } from '../layers/layer-record.js'
import { readRecordOrDenied } from '../layers/layer-record-file.js'
import { open } from '../../system/files.js'
import { lockFile, locksAvailable, isBoundByModes } from '../../system/index.js'
import { errnoOf, withStoreErrors, ignoreMissing } from '../files/store-error.js'
import { waitFor } from '../locks/waiting.js'

/** An unpacked layer on the disk. */
export interface LayerOnDisk {
  readonly path: string
  /** The inode of the layer's directory, for `Garbage.discard`. */
  readonly inode: bigint
  /** The trees that exist, by their whiteout form. */
  readonly trees: readonly { readonly form: WhiteoutForm; readonly path: string }[]
  /**
   * The whiteout forms in the record, whether their trees exist or not. Without a readable record, the forms inferred
   * from the directory names.
   */
  readonly forms: readonly WhiteoutForm[]
  /** The blobs that the layer was unpacked from, according to its record. */
  readonly blobs: readonly LayerBlob[]
  /** What is wrong with the layer, as clauses. Empty if these checks found nothing. */
  readonly faults: readonly string[]
}

const bothForms = ['overlay', 'aufs'] as const

/**
 * Infers the whiteout forms from directory names: a layer with both forms has `rootfs` and `rootfs.<form>`. A single
 * tree is always named `rootfs`, so its form is unknown and the result is empty.
 */
async function inferForms(layer: string): Promise<WhiteoutForm[]> {
  const names = await ignoreMissing(readdir(layer)).catch((error: unknown) => {
    if (errnoOf(error) !== 'EACCES') throw error
    return undefined
  })
  const named = bothForms.some((form) => names?.includes(`rootfs.${form}`))
  return named && names?.includes('rootfs') ? [...bothForms] : []
}

/**
 * Runs `work` under a lock on the directory of `tree`. An ordinary user may have to change modes temporarily to read a
 * tree, which must not happen in two processes at once. Root needs no lock.
 * @throws the reason of `signal`; the errors of `work`
 */
export async function withTreeLock<T>(
  tree: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (!locksAvailable() || !isBoundByModes()) return work()
  const layer = await open(dirname(tree), constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const attempt = (): Promise<true | undefined> =>
      Promise.resolve(lockFile(layer.fd, { exclusive: true, wait: false }) || undefined)
    await waitFor(attempt, signal)
    return await work()
  } finally {
    await layer.close()
  }
}

const hasOtherAlgorithm = (one: Digest | undefined, other: Digest): boolean =>
  one !== undefined && algorithmOf(one) !== algorithmOf(other)

/** Inspects the layer `diffID`. Returns undefined if it is not unpacked. @throws WindlassError STORE_* */
export function inspectLayer(store: string, diffID: Digest): Promise<LayerOnDisk | undefined> {
  const layers = join(store, 'layers')
  const path = digestPath(layers, diffID)
  return withStoreErrors('inspect a layer', path, async () => {
    const found = await ignoreMissing(lstat(path, { bigint: true }))
    if (!found) return undefined
    const read = found.isDirectory() ? await readRecordOrDenied(path, diffID) : undefined
    const record = read === 'denied' ? undefined : read
    const blobs = record?.blobs ?? []
    const forms = record ? bothForms.filter((form) => record.forms[form]) : await inferForms(path)
    const trees: LayerOnDisk['trees'][number][] = []
    const faults: string[] = []
    if (read === 'denied') faults.push('its layer.json cannot be read: permission denied')
    else if (!record) faults.push('its layer.json cannot be read')
    else if (forms.length === 0) faults.push('its layer.json lists no tree')
    for (const form of record ? forms : []) {
      const tree = join(path, record?.forms[form]?.rootfs ?? '')
      if (await isDirectory(tree)) trees.push({ form, path: tree })
      else faults.push(`its tree ${tree} is missing`)
    }
    const pointers = await readPointers(
      layers,
      blobs.map(({ digest }) => digest),
    )
    // A layer whose diffID is known in two digest algorithms is stored twice. The pointer of its blob contains the
    // diffID that was committed last.
    if (!pointers.every((each) => each === diffID || hasOtherAlgorithm(each, diffID)))
      faults.push('not all of its blobs point to it')
    // Another process may have collected the layer meanwhile.
    if (!(await ignoreMissing(lstat(path)))) return undefined
    return { path, inode: found.ino, trees, forms, blobs, faults }
  })
}

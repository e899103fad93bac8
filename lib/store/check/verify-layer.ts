/** What of an unpacked layer is on the disk, and whether it is what the store's own records say, short of its bytes. */
import { constants } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Descriptor, type Digest, algorithmOf } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { isDirectory } from '../files/durable.js'
import { diffIDsOf } from '../layers/pointers-by-layer.js'
import type { WhiteoutForm } from '../layers/layer-record.js'
import { recordOrDenied } from '../layers/layer-record-file.js'
import { open } from '../../system/files.js'
import { lockFile, locksAvailable, obeysModes } from '../../system/index.js'
import { codeOf, storing, unlessMissing } from '../files/store-error.js'
import { waitFor } from '../locks/waiting.js'

export interface LayerOnDisk {
  readonly path: string
  /** For `Garbage.discard`. */
  readonly inode: bigint
  /** The trees that are there, by their form. */
  readonly trees: readonly { readonly form: WhiteoutForm; readonly path: string }[]
  /** The forms that are recorded, there or not; where no record can be read, those that the directories are called by. */
  readonly forms: readonly WhiteoutForm[]
  /** What it was unpacked from, by its record. */
  readonly blobs: readonly Descriptor[]
  /** What is wrong with it, as clauses; none where all is well so far. */
  readonly faults: readonly string[]
}

const bothForms = ['overlay', 'aufs'] as const

/** Of two trees, one is called by its form. One alone says nothing. */
async function formsByName(layer: string): Promise<WhiteoutForm[]> {
  const names = await unlessMissing(readdir(layer)).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error
    return undefined
  })
  const named = bothForms.some((form) => names?.includes(`rootfs.${form}`))
  return named && names?.includes('rootfs') ? [...bothForms] : []
}

/**
 * Does `work`, which looks at `tree` of a layer and may change modes for the moment, while no other process does. An
 * ordinary user's files may be closed to himself.
 * @throws the reason of `signal`
 */
export async function aloneWith<T>(tree: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!locksAvailable() || !obeysModes()) return work()
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

const isOfOther = (one: Digest | undefined, other: Digest): boolean =>
  one !== undefined && algorithmOf(one) !== algorithmOf(other)

/** Undefined where the layer is not unpacked. */
export function layerOnDisk(store: string, diffID: Digest): Promise<LayerOnDisk | undefined> {
  const layers = join(store, 'layers')
  const path = digestPath(layers, diffID)
  return storing('look at a layer', path, async () => {
    const found = await unlessMissing(lstat(path, { bigint: true }))
    if (!found) return undefined
    const read = found.isDirectory() ? await recordOrDenied(path, diffID) : undefined
    const record = read === 'denied' ? undefined : read
    const blobs = record?.blobs ?? []
    const forms = record ? bothForms.filter((form) => record.forms[form]) : await formsByName(path)
    const trees: LayerOnDisk['trees'][number][] = []
    const faults: string[] = []
    if (read === 'denied') faults.push('its layer.json cannot be read: permission denied')
    else if (!record) faults.push('its layer.json cannot be read')
    else if (forms.length === 0) faults.push('its layer.json tells of no tree')
    for (const form of record ? forms : []) {
      const tree = join(path, record?.forms[form]?.rootfs ?? '')
      if (await isDirectory(tree)) trees.push({ form, path: tree })
      else faults.push(`its tree is gone, at ${tree}`)
    }
    const pointed = await diffIDsOf(
      layers,
      blobs.map(({ digest }) => digest),
    )
    // A layer whose diffID was computed by two algorithms is two: the last that came is the one that is pointed at.
    if (!pointed.every((each) => each === diffID || isOfOther(each, diffID)))
      faults.push('not every blob that it came from leads to it')
    // Somebody may have collected it meanwhile.
    if (!(await unlessMissing(lstat(path)))) return undefined
    return { path, inode: found.ino, trees, forms, blobs, faults }
  })
}

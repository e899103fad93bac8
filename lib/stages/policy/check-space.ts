/**
 * Compares the bytes to download with the free space on the disk of the store. The unpacked size of layers is not
 * known in advance and is not counted.
 */
import { statfs } from 'node:fs/promises'
import { WindlassError } from '../../errors.js'
import { formatBytes } from '../../quantities.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store } from '../../store/index.js'
import type { PlannedImage } from '../elements.js'

/**
 * Returns the stage that passes images on unchanged if the disk has space for their downloads.
 * @throws STORE_FULL, with the needed and the free bytes, if it does not
 */
export function checkSpace(store: Pick<Store, 'directory'>): Stage<PlannedImage, PlannedImage> {
  return pullStage(
    async (image: PlannedImage): Promise<PlannedImage> => {
      const needed = image.layers.reduce(
        (total, { action, descriptor, offset }) =>
          action === 'exists' ? total : total + descriptor.size - offset,
        0,
      )
      const free = needed === 0 ? Infinity : await freeBytes(store.directory)
      if (needed <= free) return image
      const { name } = image.request
      throw new WindlassError(
        'STORE_FULL',
        `Not enough disk space to pull ${name}: its layers take ${formatBytes(needed)}, and ${formatBytes(free)} are free at ${store.directory}`,
        {
          reference: name,
          path: store.directory,
          hint: 'Free some space, for example with “windlass gc”, or name a store on another disk with “--store DIR”.',
        },
      )
    },
    { name: 'check-space', order: 'source' },
  )
}

/** Returns the bytes that this user may still write; Infinity if the file system does not report it. */
async function freeBytes(directory: string): Promise<number> {
  const disk = await statfs(directory).catch(() => undefined) // unknown: assume that there is space
  if (!disk || disk.blocks === 0) return Infinity
  return disk.bsize * (process.getuid?.() === 0 ? disk.bfree : disk.bavail)
}

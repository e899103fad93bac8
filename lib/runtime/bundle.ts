/** Writes the config of an OCI runtime bundle next to its root file system (runtime-spec, bundle.md). */
import { join } from 'node:path'
import type { ImageConfig } from '../image/index.js'
import { open, rename, unlink } from '../system/files.js'
import { fileFailure } from '../system/index.js'
import { type ContainerOptions, makeRuntimeSpec } from './config/make-runtime-spec.js'
import { OutsideFileError } from '../system/outside-file.js'
import type { RuntimeSpec } from './config/runtime-spec.js'
import { WindlassError } from '../errors.js'

/** Name of the root file system in a bundle. */
export const bundleRootfs = 'rootfs'

/**
 * Writes `config.json` into the bundle `directory`, whose `rootfs` must exist, and returns its content. The file appears
 * complete, or not at all.
 * @throws WindlassError as `makeRuntimeSpec`; STORE_* when the file cannot be written
 */
export async function writeBundleConfig(
  directory: string,
  image: ImageConfig,
  options: ContainerOptions = {},
): Promise<RuntimeSpec> {
  const rootfs = join(directory, bundleRootfs)
  const path = join(directory, 'config.json')
  const unfinished = join(directory, '.config.json.windlass')
  try {
    const spec = makeRuntimeSpec(image, rootfs, options)
    const file = await open(unfinished, 'w', 0o644)
    try {
      await file.write(`${JSON.stringify(spec, undefined, 2)}\n`)
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
    return spec
  } catch (error) {
    await unlink(unfinished).catch(() => undefined) // report the first error
    if (error instanceof OutsideFileError)
      throw new WindlassError(
        'CONFIG_INVALID',
        `The user databases of the image cannot be read: ${error.message}`,
        { cause: error, path: rootfs },
      )
    throw fileFailure(error, 'Writing the bundle', path, 'target')
  }
}

/** The methods of a puller that make an image ready to run: bundles for OCI runtimes, and mounts. */
import type { Pull } from '../pull-run.js'
import type { BundleOptions, MountOptions } from './runtime-options.js'
import type { MountedImage, RuntimeOperations } from './runtime-operations.js'

/** The part of `Windlass` for running images. */
export abstract class RuntimeMethods {
  protected abstract readonly runtime: RuntimeOperations

  /**
   * Makes an OCI runtime bundle in `directory`, which must be empty or must not exist: the flattened tree of the image in
   * `rootfs`, and `config.json`, from which `runc` and `crun` start a container. An image that the store does not have is
   * pulled first, as by `unpack`.
   * @throws as `pull`; USAGE for an image without a command; CONFIG_INVALID for a user that the image does not have
   * @example
   * await windlass.bundle('alpine:3.20', './bundle', { args: ['/bin/echo', 'hello'] }).done
   * // runc run --bundle ./bundle hello
   */
  bundle(name: string, directory: string, options: BundleOptions = {}): Pull {
    return this.runtime.bundle(name, directory, options)
  }

  /**
   * Mounts an image at `directory`, which must be empty or must not exist, without a copy: the unpacked layers of the store
   * with overlayfs, as one tree that equals the flattened tree. Where overlayfs cannot be mounted, makes a tree of shared
   * files, and says so in a warning. The mount outlives this process; garbage collection keeps its layers.
   * @throws as `pull`; USAGE for a directory that is not empty; UNSUPPORTED when `method` cannot be used here; STORE_*
   * @example
   * await using mounted = await windlass.mount('alpine:3.20', './alpine')
   * console.log(await readFile('./alpine/etc/os-release', 'utf8'), mounted.method)
   */
  mount(name: string, directory: string, options: MountOptions = {}): Promise<MountedImage> {
    return this.runtime.mount(name, directory, options)
  }

  /** Returns all mounts of the store, also those of processes that were killed; none if there is no store. */
  mounts(): Promise<readonly MountedImage[]> {
    return this.runtime.mounts()
  }

  /**
   * Removes the mount at `directory` and what was written to it, except in a directory of the option `changes`.
   * @throws USAGE when there is no such mount, or a process uses it; STORE_*
   */
  unmount(directory: string): Promise<void> {
    return this.runtime.unmount(directory)
  }
}

/** Makes runtime bundles of images, and mounts them. */
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { quoted } from '../../lib/codec/printable.js'
import { WindlassError } from '../../lib/errors.js'
import { Flow } from '../../lib/flow/index.js'
import type { Digest } from '../../lib/image/index.js'
import {
  bundleRootfs,
  listOwners,
  mountImage,
  ownersFileName,
  type MountState,
  mountState,
  removeMount,
  writeBundleConfig,
  writeOwners,
} from '../../lib/runtime/index.js'
import { LayoutSource } from '../../lib/sources/index.js'
import {
  assemble,
  commitImage,
  type ImageRequest,
  type PulledImage,
  type PullTurn,
  pullStage,
} from '../../lib/stages/index.js'
import { type MountMethod, type MountRecord, removeTree, type Store } from '../../lib/store/index.js'
import { isInUserNamespace, whyCannotChown } from '../../lib/system/index.js'
import type { PullParts } from '../../pipelines/pull-stages.js'
import { storedImage } from '../../pipelines/stored-image.js'
import type { LazyParts } from '../lazy-parts.js'
import type { StartPull } from '../control/pull-starter.js'
import type { ImageNames } from '../names/image-names.js'
import type { Located } from '../names/located.js'
import { checkArgument, checkOptions } from '../options/check-options.js'
import { path as pathCodec } from '../options/option-codecs.js'
import type { PullOptions } from '../options/options.js'
import { pullFlow } from '../pull-flow.js'
import type { Pull } from '../pull-run.js'
import type { RunningWork } from '../running-work.js'
import { storedFlow } from '../stored-flow.js'
import { type BundleOptions, bundleTable, type MountOptions, mountTable } from './runtime-options.js'

/** What the operations share with the pulls of a puller. */
export interface RuntimeContext {
  readonly parts: LazyParts
  readonly work: RunningWork
  readonly names: ImageNames
  /** Starts a pull. */
  readonly startPull: StartPull
  /** @throws USAGE when the puller is closed */
  readonly assertOpen: () => void
}

/** A mounted image. */
export interface MountedImage extends AsyncDisposable {
  /** Absolute path of the mount point. */
  readonly directory: string
  readonly image: string
  /** Digest of the manifest. */
  readonly manifest: Digest
  readonly method: MountMethod
  readonly writable: boolean
  readonly state: MountState
  /**
   * Path of the list of owners, devices and privileged attributes of the image that the tree lacks, as JSON lines. Undefined if
   * it lacks none, or the process that mounted the image could set them.
   */
  readonly owners: string | undefined
  /** Removes the mount. @throws as `Windlass.unmount` */
  unmount(): Promise<void>
}

/** The operations. See `RuntimeMethods`. */
export class RuntimeOperations {
  /** @internal */
  constructor(private readonly shared: RuntimeContext) {}

  /** See `RuntimeMethods.bundle`. */
  bundle(name: string, directory: string, options: BundleOptions): Pull {
    checkArgument('bundle', 'directory', pathCodec, directory)
    checkOptions('bundle', bundleTable, options)
    this.shared.assertOpen()
    const located = this.shared.names.locateAnywhere(name, options)
    const { incompleteError } = located
    const rootfs = join(resolve(directory), bundleRootfs)
    return this.shared.startPull(
      located,
      async (parts, started) => {
        if (options.mount === true) {
          const unpacked = await unpackedImage(started, options, parts, incompleteError)
          const mounted = unpacked.pipe(mountStage(rootfs, { writable: true }, parts))
          return mounted.pipe(bundleStage(resolve(directory), options, parts, () => this.unmount(rootfs)))
        }
        const stored = await acceptedImage(started, options, parts)
        const pullOptions = { ...pullOptionsOf(options), unpack: options.unpack ?? false }
        const image = stored ? Flow.of(stored) : await pulled(started, pullOptions, parts, incompleteError)
        const assembled = image.pipe(assemble({ ...parts, directory: rootfs, control: started.control }))
        const remove = (): Promise<void> => removeTree(rootfs)
        return assembled.pipe(bundleStage(resolve(directory), options, parts, remove))
      },
      startOptions(options),
    )
  }

  /** See `RuntimeMethods.mount`. */
  async mount(name: string, directory: string, options: MountOptions): Promise<MountedImage> {
    checkArgument('mount', 'directory', pathCodec, directory)
    checkOptions('mount', mountTable, options)
    this.shared.assertOpen()
    const located = this.shared.names.locateAnywhere(name, options)
    const { incompleteError } = located
    let record: MountRecord | undefined
    const pull = this.shared.startPull(
      located,
      async (parts, started) =>
        (await unpackedImage(started, options, parts, incompleteError)).pipe(
          mountStage(resolve(directory), options, parts, (mounted) => (record = mounted)),
        ),
      startOptions(options),
    )
    options.onPull?.(pull)
    try {
      await pull.done
    } finally {
      await pull.closed()
    }
    const { store } = await this.shared.parts.open()
    // The stage has run, because the pull has a result.
    return this.#mounted(record!, store)
  }

  /** See `RuntimeMethods.mounts`. */
  async mounts(): Promise<readonly MountedImage[]> {
    const { parts, assertOpen } = this.shared
    assertOpen()
    if (!(await parts.storeExists())) return []
    const { store } = await parts.open()
    return (await store.mounts.list()).map((record) => this.#mounted(record, store))
  }

  /** See `RuntimeMethods.unmount`. */
  async unmount(directory: string): Promise<void> {
    checkArgument('unmount', 'directory', pathCodec, directory)
    this.shared.assertOpen()
    const wanted = await pathWithoutLinks(directory)
    await this.shared.work.runWithStore('unmount', undefined, async ({ store }) => {
      const found = (await store.mounts.list()).filter(({ target }) => target === wanted)
      if (found.length === 0)
        throw new WindlassError('USAGE', `No image of this store is mounted at ${quoted(directory)}`, {
          path: wanted,
          hint: '“windlass mount” without arguments lists the mounts.',
        })
      for (const record of found) await removeMount(record, store)
    })
  }

  #mounted(record: MountRecord, store: Store): MountedImage {
    const { id, target: directory, image, manifest, method, writable } = record
    const list = join(store.mounts.path(id), ownersFileName)
    const unmount = (): Promise<void> => this.unmount(directory)
    return {
      ...{ directory, image, manifest, method, writable, state: mountState(record) },
      owners: existsSync(list) ? list : undefined,
      ...{ unmount, [Symbol.asyncDispose]: unmount },
    }
  }
}

/** A stored image is used, unless a policy has to see its signatures, which are in the registry. */
const startOptions = ({ signal, policy }: MountOptions) => ({ signal, prefersStored: policy === undefined })

/** Returns the image of `request` with all its layers unpacked. Without network traffic if the store has the image. */
async function unpackedImage(
  request: ImageRequest,
  options: MountOptions,
  parts: PullParts,
  incompleteError: Located['incompleteError'],
): Promise<Flow<PulledImage>> {
  const { store } = parts
  const stored = await acceptedImage(request, options, parts)
  if (!stored) return pulled(request, pullOptionsOf(options), parts, incompleteError)
  if (stored.layers.every(({ rootfs }) => rootfs !== undefined)) return Flow.of(stored)
  const { manifestDigest } = stored
  const source = new LayoutSource(store.directory)
  const local = { ...request, source, target: manifestDigest, digest: manifestDigest }
  return pullFlow(local, { ...pullOptionsOf(options), refresh: false }, parts, (bound) => ({
    ...bound,
    commitImage: commitImage(store, { named: false }),
  }))
}

/**
 * Returns the image of `request` in the store, if it is complete and there is no policy. The store keeps no signatures, so a
 * policy is checked at the source.
 */
async function acceptedImage(
  request: ImageRequest,
  { policy }: MountOptions,
  parts: PullParts,
): Promise<PulledImage | undefined> {
  return (policy ?? parts.policy) === undefined ? storedImage(request, parts.store) : undefined
}

/** Returns the flow that pulls the image, from the store if its name is no reference. */
const pulled = (
  request: ImageRequest,
  options: PullOptions,
  parts: PullParts,
  incompleteError: Located['incompleteError'],
): Promise<Flow<PulledImage>> =>
  incompleteError ? storedFlow(request, options, parts, incompleteError) : pullFlow(request, options, parts)

/** Returns the stage that mounts an image at `target` and passes it on. */
const mountStage = (
  target: string,
  { writable, changes, method }: MountOptions,
  parts: PullParts,
  onMounted: (record: MountRecord) => void = () => undefined,
) =>
  pullStage(
    async (image: PulledImage, turn) => {
      const settings = {
        ...{ target, method, signal: turn.signal },
        writable: writable === true || changes !== undefined,
        changes: changes === undefined ? undefined : resolve(changes),
        onWarning: (code: string, message: string) => turn.emit({ type: 'warning', code, message }),
      }
      const record = await mountImage({ ...image, documents: [image.digest, image.imageId] }, settings, parts)
      try {
        if (lacksOwners(parts.store)) await keepOwners(image, parts.store.mounts.path(record.id), parts, turn)
      } catch (error) {
        await removeMount(record, parts.store).catch(() => undefined) // report the first error
        throw error
      }
      onMounted(record)
      return image
    },
    { name: 'mount' },
  )

/** Returns the options that a pull has as well. */
function pullOptionsOf({ discardBlobs, policy, refresh, stages, whiteouts }: MountOptions): MountOptions {
  return {
    ...(policy !== undefined && { policy }),
    ...(discardBlobs !== undefined && { discardBlobs }),
    ...(refresh !== undefined && { refresh }),
    ...(stages !== undefined && { stages }),
    ...(whiteouts !== undefined && { whiteouts }),
  }
}

/** Returns the stage that writes the config of a bundle. If that fails, it removes the tree with `remove`. */
const bundleStage = (
  directory: string,
  options: BundleOptions,
  parts: PullParts,
  remove: () => Promise<void>,
) =>
  pullStage(
    async (image: PulledImage, turn) => {
      const { args, user, hostname, tty, rootless } = options
      const caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
      try {
        await writeBundleConfig(directory, image.config, {
          ...(args !== undefined && { args }),
          ...(user !== undefined && { user }),
          ...(hostname !== undefined && { hostname }),
          ...(tty !== undefined && { tty }),
          ...(rootless === true && { rootless: caller }),
          onWarning: (code, message) => turn.emit({ type: 'warning', code, message }),
        })
        if (rootless === true) await keepOwners(image, directory, parts, turn)
      } catch (error) {
        await remove().catch(() => undefined) // report the first error
        throw error
      }
      return image
    },
    { name: 'bundle' },
  )

/** Returns the path with the links of its parent resolved, as the record of a mount has it. */
async function pathWithoutLinks(path: string): Promise<string> {
  const full = resolve(path)
  const parent = await realpath(dirname(full)).catch(() => dirname(full))
  return join(parent, basename(full))
}

/** Returns whether the trees of a store lack owners of the image, because its owner cannot set them all. */
const lacksOwners = ({ owner }: Store): boolean =>
  owner !== undefined || whyCannotChown() !== undefined || isInUserNamespace()

/** Writes what an ordinary user cannot set in the tree into `directory`, unless there is nothing. */
async function keepOwners(
  image: PulledImage,
  directory: string,
  { store, pool }: PullParts,
  turn: PullTurn,
): Promise<void> {
  const lines = await listOwners(image.layers, { store, pool, signal: turn.signal })
  if (lines === undefined)
    turn.emit({
      ...{ type: 'warning', code: 'OWNERS_UNKNOWN' },
      message: `The owners in the image are not listed in ${ownersFileName}: the store has not kept all compressed layers`,
    })
  else if (lines.length > 0) await writeOwners(join(directory, ownersFileName), lines)
}

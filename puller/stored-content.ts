/** The images of a store in detail: describes, names, saves and loads them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve as resolvePath } from 'node:path'
import type { Readable } from 'node:stream'
import {
  ArchiveDocuments,
  type ArchivedImage,
  type WrittenArchive,
  archivedImages,
  receiveArchive,
} from '../lib/archive/index.js'
import { type ImageSource, hostPlatform, parsePlatform, parseReference } from '../lib/image/index.js'
import type { Limits } from '../lib/limits.js'
import { WindlassError } from '../lib/errors.js'
import { receivedArchiveSource } from '../lib/sources/index.js'
import { writeArchiveFile } from '../lib/sinks/index.js'
import type { Store } from '../lib/store/index.js'
import { exportOrders } from '../pipelines/archive/export-orders.js'
import { type SaveOrder, saveImages } from '../pipelines/archive/save-images.js'
import type { StartPull } from './control/pull-starter.js'
import { locatedAs } from './names/located.js'
import { pullFlow } from './pull-flow.js'
import type { Pull } from './pull-run.js'
import { Credential, type ImageRegistries } from '../lib/registry/index.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { anyText, path as pathCodec } from './options/option-codecs.js'
import { type ExportOptions, exportTable } from './options/export-options.js'
import type { RegistryCredentials } from './options/options.js'
import { type DescribedImage, describeImages } from '../pipelines/stored/describe.js'
import { tagImage } from '../pipelines/stored/tag.js'
import type { LazyParts } from './lazy-parts.js'
import type { RunningWork } from './running-work.js'

/** What the operations share with the pulls of a puller. */
export interface StoredContentParts {
  readonly parts: LazyParts
  readonly work: RunningWork
  readonly registries: ImageRegistries
  readonly limits: Limits
  /** Returns the names of the store that a word may mean. @throws REFERENCE_INVALID */
  readonly namesOf: (word: string) => readonly string[]
  /** Starts a pull. */
  readonly startPull: StartPull
  /** @throws USAGE when the puller is closed */
  readonly assertOpen: () => void
}

/** An image that was loaded. */
export type LoadedImage = ArchivedImage

/** Options of `load`. */
export interface LoadOptions {
  readonly signal?: AbortSignal
  /** Platform to choose from an index, as `os/arch[/variant]` (that of this machine, otherwise the first one). */
  readonly platform?: string
  /** Receives the pull of each image when it starts, and the name or the ID of the image. */
  readonly onPull?: (pull: Pull, name: string) => void
}

/** The images of one store. See `Windlass.content`. */
export class StoredContent {
  /** @internal */
  constructor(private readonly shared: StoredContentParts) {}

  /** Describes all images of the store that can be read; none if there is no store. */
  async describe(): Promise<readonly DescribedImage[]> {
    const { parts, assertOpen } = this.shared
    assertOpen()
    return (await parts.storeExists()) ? describeImages((await parts.open()).store) : []
  }

  /**
   * Gives an image another name. `source` is a name as `Windlass.images` lists it, a digest or a key of an entry. An image that
   * had the name loses it. Returns the normalised name.
   * @throws IMAGE_UNKNOWN; REFERENCE_INVALID for a target with a digest
   */
  async tag(source: string, target: string): Promise<string> {
    checkArgument('tag', 'source', anyText, source)
    checkArgument('tag', 'target', anyText, target)
    this.shared.assertOpen()
    return this.shared.work.runWithStore('tag', undefined, async ({ store }, stop) => {
      return (await tagImage(source, target, store, stop, this.shared.namesOf)).name
    })
  }

  /**
   * Returns images as one tar archive, which is an OCI layout and an archive of `docker save`.
   * @throws STORE_CORRUPT when the store lacks a part of an image; nothing is sent then
   */
  save(orders: readonly SaveOrder[], signal?: AbortSignal): Promise<Readable> {
    this.shared.assertOpen()
    return new Promise((resolve, reject) => {
      this.shared.work
        .runWithStore('save', signal, async ({ store }, stop) => {
          const { stream, done } = await saveImages(orders, store, stop)
          resolve(stream)
          await done
        })
        .catch(reject)
    })
  }

  /**
   * Returns images of the store as one tar archive, which is an OCI layout and an archive of `docker save`: `docker load`, `podman
   * load`, `ctr images import` and skopeo read it. Each blob is in it once. The same images give the same bytes.
   * @param names names as `Windlass.images` lists them, digests, or keys of entries
   * @throws IMAGE_UNKNOWN, PLATFORM_UNMATCHED; STORE_CORRUPT when the store lacks a part of an image; USAGE for no names
   * @example
   * const archive = await windlass.content.export(['alpine:3.20', 'nginx'])
   * archive.pipe(createWriteStream('images.tar'))
   */
  export(names: readonly string[], options: ExportOptions = {}): Promise<Readable> {
    this.#checkExport(names, options)
    return new Promise((resolve, reject) => {
      this.shared.work
        .runWithStore('export', options.signal, async ({ store }, stop) => {
          const { stream, done } = await saveImages(
            await exportOrders(names, store, options, this.shared.namesOf),
            store,
            stop,
          )
          resolve(stream)
          await done
        })
        .catch(reject)
    })
  }

  /**
   * Writes the archive of `export` to a file. It is complete or unchanged: an archive of images that exists is replaced at the end.
   * @throws as `export`; USAGE when the file is something else; STORE_* when it cannot be written
   */
  exportFile(file: string, names: readonly string[], options: ExportOptions = {}): Promise<void> {
    checkArgument('exportFile', 'file', pathCodec, file)
    this.#checkExport(names, options)
    return this.shared.work.runWithStore('export', options.signal, async ({ store }, stop) => {
      const write = async (): Promise<WrittenArchive> =>
        saveImages(await exportOrders(names, store, options, this.shared.namesOf), store, stop)
      await writeArchiveFile(resolvePath(file), write, stop)
    })
  }

  #checkExport(names: readonly string[], options: ExportOptions): void {
    this.shared.assertOpen()
    checkOptions('export', exportTable, options)
    if (names.length === 0) throw new WindlassError('USAGE', 'Cannot export: no image is named')
  }

  /**
   * Reads an archive of images, and adds its images to the store as pulls do: verified, and unpacked.
   * @param onPull receives the pull of each image, and the name or the ID of the image
   * @throws MANIFEST_INVALID, LAYER_INVALID, LIMIT_EXCEEDED for an invalid archive; nothing is added then; STORE_*
   */
  async load(
    source: AsyncIterable<Uint8Array>,
    { signal, platform, onPull }: LoadOptions = {},
  ): Promise<readonly LoadedImage[]> {
    const { parts, work, assertOpen, limits, startPull } = this.shared
    assertOpen()
    // An archive may be the first content of a store.
    await parts.open()
    return work.runWithStore('load', signal, async ({ store }, stop) => {
      const directory = await mkdtemp(join(await store.stagingDirectory(), 'archive-'))
      try {
        const files = await receiveArchive(source, directory, { limits, signal: stop })
        const documents = new ArchiveDocuments(files, 'the archive', limits)
        const wanted = platform === undefined ? hostPlatform() : parsePlatform(platform)
        const images = await archivedImages(documents, wanted)
        const archive = receivedArchiveSource(documents)
        for (const image of images)
          await addImage(image, { source: archive, store, limits, startPull, stop, onPull })
        return images
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    })
  }

  /**
   * Checks a login with a registry.
   * @throws UNAUTHORIZED, DENIED when it is refused; REFERENCE_INVALID for a registry that is not a host; network errors
   */
  async checkLogin(registry: string, login: RegistryCredentials, signal?: AbortSignal): Promise<void> {
    this.shared.assertOpen()
    const credential = Credential.password(login.username, login.password)
    await this.shared.registries.checkLogin(registry, credential, signal)
  }
}

/** What `addImage` needs. */
interface AddParts extends Pick<StoredContentParts, 'limits' | 'startPull'> {
  readonly onPull: LoadOptions['onPull'] | undefined
  readonly source: ImageSource
  readonly store: Store
  readonly stop: AbortSignal
}

/** Adds an image of a received archive under its names; without any, under its digest. */
async function addImage(
  { manifest, platform, names }: LoadedImage,
  { source, store, limits, startPull, stop, onPull }: AddParts,
): Promise<void> {
  const [name = manifest, ...others] = names
  const typed = names.length > 0 ? parseReference(name).familiar() : manifest
  const request = { name, typed, target: manifest, digest: manifest, source, platform, limits }
  const options = { signal: stop }
  const pull = startPull(locatedAs(request), (parts, started) => pullFlow(started, {}, parts), options)
  onPull?.(pull, typed)
  try {
    await pull.done
  } finally {
    await pull.closed()
  }
  for (const other of others) await tagImage(name, other, store, stop)
}

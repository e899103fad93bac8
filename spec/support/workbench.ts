/** What a spec of whole pulls works with: registries in this process, stores and pullers, all gone after each test. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readdir, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import { type Stage, stage } from '../../lib/flow/index.js'
import type { Digest } from '../../lib/image/index.js'
import { type ImageSpec, type LayerEntry, buildImage } from '../../lib/testing/images/index.js'
import { type RegistryOptions, type TestRegistry, startRegistry } from '../../lib/testing/registry/index.js'
import { type OpenOptions, type Windlass, open } from '../../puller/index.js'

/** In memory where there is such a place: syncing a disk that others write to takes seconds. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export class Workbench {
  readonly #directory = mkdtempSync(join(place, 'windlass-pull-'))
  readonly #open: { close(): Promise<void> }[] = []
  #made = 0

  constructor() {
    afterEach(async () => {
      for (const each of this.#open.splice(0).reverse()) await each.close()
    })
    afterAll(() => rmSync(this.#directory, { recursive: true, force: true }))
  }

  /** A path where nothing is yet. */
  path(): string {
    return join(this.#directory, String(++this.#made))
  }

  async registry(options?: RegistryOptions): Promise<TestRegistry> {
    return this.#kept(await startRegistry(options))
  }

  /** A puller with a store of its own unless one is named, and without delays before retries. */
  async puller(options: OpenOptions = {}): Promise<Windlass> {
    return this.#kept(await open({ store: this.path(), retryDelay: 1, retries: 1, ...options }))
  }

  #kept<T extends { close(): Promise<void> }>(each: T): T {
    this.#open.push(each)
    return each
  }
}

/** An image of one layer a name; the layer has one file, which is called as the layer and says so. */
export const imageOf = (names: readonly string[], spec: Omit<ImageSpec, 'layers'> = {}) =>
  buildImage({ layers: names.map((name) => ({ entries: fileNamed(name) })), ...spec })

export const fileNamed = (name: string): LayerEntry[] => [{ path: name, content: `this is ${name}` }]

/** What was asked for since `from`, without the search for the scheme: `manifest latest`, `blob sha256:…`. */
export const asked = ({ requests }: TestRegistry, from = 0): string[] =>
  requests
    .slice(from)
    .filter(({ kind }) => kind !== 'ping')
    .map(({ kind, reference }) => `${kind} ${reference}`)

/** Where the store keeps a blob. */
export const blobPath = (store: string, digest: Digest): string => join(store, 'blobs', ...digest.split(':'))

/** Where the store keeps an unpacked layer. */
export const layerDirectory = (store: string, diffID: Digest): string =>
  join(store, 'layers', ...diffID.split(':'))

/** Digests of all blobs that the store has. */
export async function blobsIn(store: string): Promise<string[]> {
  const names = await readdir(join(store, 'blobs', 'sha256')).catch(() => [])
  return names.map((hex) => `sha256:${hex}`).sort()
}

/** What runs have in the staging area besides their locks and their lists of what they hold. */
export async function stagedIn(store: string): Promise<string[]> {
  const runs = await readdir(join(store, 'staging'))
  const inside = await Promise.all(runs.map((run) => readdir(join(store, 'staging', run))))
  return inside.flat().filter((name) => name !== 'lock' && name !== 'holds')
}

/** A stage that does something with each element and passes it on. */
export const doing = <T>(something: (element: T) => unknown): Stage<T, T> =>
  stage(async (element: T): Promise<T> => {
    await something(element)
    return element
  })

/** Puts a file where the store's blobs are, so that no blob can be written any more. */
export async function breakBlobs(store: string): Promise<void> {
  await rename(join(store, 'blobs', 'sha256'), join(store, 'blobs', 'moved'))
  await writeFile(join(store, 'blobs', 'sha256'), '')
}

/** Stores for a spec: in a directory of their own, closed after each test, removed after the spec. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import { Store, type StoreOptions } from '../../../lib/store/index.js'

/** In memory where there is such a place: syncing a disk that others write to takes seconds. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export class TemporaryStores {
  readonly directory = mkdtempSync(join(place, 'windlass-store-'))
  readonly #open = new Set<Store>()
  #made = 0

  constructor() {
    afterEach(async () => {
      for (const store of this.#open) await store.close()
      this.#open.clear()
    })
    afterAll(() => rmSync(this.directory, { recursive: true, force: true }))
  }

  /** A path where nothing is yet. */
  fresh(): string {
    return join(this.directory, `store-${++this.#made}`)
  }

  async open(directory = this.fresh(), options?: StoreOptions): Promise<Store> {
    const store = await Store.open(directory, options)
    this.#open.add(store)
    return store
  }
}

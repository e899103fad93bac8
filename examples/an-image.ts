/** Provides the image of the examples: the named image, or one from an embedded registry, and a store for it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type LayerSpec, buildImage, putImage, startRegistry } from 'windlass/testing'

export interface AnImage {
  readonly name: string
  /** Another name of the same image. */
  readonly alias: string
  readonly store: string
  /** Returns the paths that were requested from the embedded registry so far. */
  readonly requests: () => string[]
  readonly close: () => Promise<void>
}

/** The layers of the image, unless others are given: three of 20 files each. */
const threeLayers: readonly LayerSpec[] = ['base', 'tools', 'app'].map((part) => ({
  entries: [
    { path: `${part}/` },
    ...Array.from({ length: 20 }, (_, n) => ({ path: `${part}/${n}.txt`, content: `${part} ${n}\n` })),
  ],
}))

export async function anImage(named?: string, layers = threeLayers): Promise<AnImage> {
  const store = await mkdtemp(path.join(tmpdir(), 'windlass-example-'))
  const removeStore = (): Promise<void> => rm(store, { recursive: true, force: true })
  if (named !== undefined) return { name: named, alias: named, store, requests: () => [], close: removeStore }

  const registry = await startRegistry()
  const image = buildImage({ layers })
  await putImage(registry, 'examples/one', '1', image)
  await putImage(registry, 'examples/two', '1', image)
  return {
    name: `${registry.host}/examples/one:1`,
    alias: `${registry.host}/examples/two:1`,
    store,
    requests: () => registry.requests.map(({ url }) => url),
    close: async () => {
      await registry.close()
      await removeStore()
    },
  }
}

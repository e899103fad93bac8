/** Provides images for the examples: those named on the command line, or images in embedded registries. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type LayerSpec, buildImage, putImage, startRegistry } from 'windlass/testing'

export interface ExampleImage {
  readonly name: string
  /** Another name of the same image, in another repository. */
  readonly alias: string
  readonly store: string
  /** Returns the paths that were requested from the embedded registry so far. */
  readonly requests: () => string[]
  readonly close: () => Promise<void>
}

/** Default layers of the image: three of 20 files each. */
const threeLayers: readonly LayerSpec[] = ['base', 'tools', 'app'].map((part) => ({
  entries: [
    { path: `${part}/` },
    ...Array.from({ length: 20 }, (_, n) => ({ path: `${part}/${n}.txt`, content: `${part} ${n}\n` })),
  ],
}))

/** Returns the image `named`, or an image with `layers` in a new embedded registry, and a new store. */
export async function exampleImage(named?: string, layers = threeLayers): Promise<ExampleImage> {
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

export interface TwoRepositories {
  readonly from: string
  readonly to: string
  /** An empty directory, removed by `close`. */
  readonly directory: string
  /** Changes one of the three tags of the first repository. */
  readonly change: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Returns the named repositories, or a repository with three tags and an empty one in two embedded registries. */
export async function twoRepositories(from?: string, to?: string): Promise<TwoRepositories> {
  const { store: directory, close: removeDirectory } = await exampleImage('none')
  const nothing = (): Promise<void> => Promise.resolve()
  if (from !== undefined && to !== undefined)
    return { from, to, directory, change: nothing, close: removeDirectory }
  const [one, two] = await Promise.all([startRegistry(), startRegistry({ push: true })])
  const put = (tag: string, content: string): Promise<void> => {
    const parts = [`base\n`, content]
    const layers = parts.map((part, at) => ({ entries: [{ path: `part-${at}`, content: part }] }))
    return putImage(one, 'examples/app', tag, buildImage({ layers }))
  }
  for (const tag of ['1', '2', '3']) await put(tag, `version ${tag}\n`)
  return {
    from: `${one.host}/examples/app`,
    to: `${two.host}/mirror/app`,
    directory,
    change: () => put('2', 'version 2, changed\n'),
    close: async () => {
      await Promise.all([one.close(), two.close(), removeDirectory()])
    },
  }
}

/** Answers requests about the images of the store: `/images`. */
import type { StoredFile, StoredFiles } from '../../lib/api/shapes.js'
import type { ImageFile } from '../../pipelines/index.js'
import type { Windlass } from '../../puller/index.js'
import type { Feed } from '../feed/feed.js'
import type { StoreView } from '../store-view/store-view.js'
import { failureWith } from './failure.js'
import type { Handlers } from './handlers.js'

/** Maximum number of files in one response. */
const maxFiles = 10_000
const maxHits = 500

/** What the handlers need. */
export interface ImageParts {
  readonly windlass: Windlass
  readonly feed: Feed
  readonly view: StoreView
}

export function imageHandlers({
  windlass,
  feed,
  view,
}: ImageParts): Pick<Handlers, 'listImages' | 'removeImage' | 'listFiles'> {
  return {
    listImages: () => view.images(),
    listFiles: async ({ query: { image, path = '/', find }, context }) => {
      const layers = await view.layersOf(image)
      const files = await filesOf(windlass, image, { path, find }, context.req.raw.signal)
      return { ...files, files: files.files.map((file) => storedFile(file, layers)) }
    },
    removeImage: async ({ query: { image }, context }) => {
      const [users] = (await view.images()).images.filter(
        ({ name, entry }) => name === image || entry === image,
      )
      if (users && users.usedBy.length > 0)
        return failureWith(context, 409, {
          code: 'USAGE',
          message: `The image is used by the pull ${users.usedBy[0]}`,
          hint: 'Wait for the pull to end, or cancel it.',
        })
      const { name, digest } = await windlass.remove(image)
      feed.append({ type: 'images', at: Date.now() })
      return { name, ...(digest !== undefined && { digest }) }
    },
  }
}

/** Lists one directory, or all files whose path contains `find`. */
async function filesOf(
  windlass: Windlass,
  image: string,
  { path, find }: { readonly path: string; readonly find: string | undefined },
  signal: AbortSignal,
): Promise<Omit<StoredFiles, 'files'> & { readonly files: readonly ImageFile[] }> {
  const files: ImageFile[] = []
  const max = find === undefined ? maxFiles : maxHits
  for await (const file of windlass.files(image, { path, recursive: find !== undefined, signal })) {
    if (find !== undefined && !file.path.includes(find)) continue
    if (files.length === max) return { files, isCut: true }
    files.push(file)
  }
  return { files, isCut: false }
}

const storedFile = (
  { path, type, size, mode, layer, linkTarget: target }: ImageFile,
  layers: readonly string[],
): StoredFile => ({
  ...{ path, type, size, mode },
  layer: layer === undefined ? 0 : layers.indexOf(layer) + 1,
  ...(target !== undefined && { target }),
})

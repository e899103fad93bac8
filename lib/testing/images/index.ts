/** Builds layers, images and indexes in code, and puts them into a registry. */
export {
  buildImage,
  type BuiltDocument,
  type BuiltImage,
  type ImagePlatform,
  type ImageSpec,
} from './build-image.js'
export type { Compression } from '../../image/documents/media-types.js'
export { buildIndex, type BuiltIndex } from './build-index.js'
export { buildLayer, type BuiltLayer, type ImageFormat, type LayerSpec } from './build-layer.js'
export { byteString, opaque, whiteout, type LayerEntry, type LayerEntryType } from './layer-entry.js'
export { packDirectory, type PackDirectoryOptions } from './pack-directory.js'
export { packEntries } from './pack-entries.js'
export { putImage, type ImageTarget } from './put-image.js'
export { tinyImage } from './tiny-image.js'

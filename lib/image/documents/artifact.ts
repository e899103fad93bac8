/**
 * What is stored in a registry but is no container image, in words: what it is, and what does read it. Told by media
 * types alone, so before any layer is asked for.
 */
import { type ErrorSubject, WindlassError } from '../../errors.js'
import { artifactKind, orasHint } from './artifact-kinds.js'
import type { Descriptor } from './descriptor.js'
import type { ImageIndex } from './image-index.js'
import type { ImageManifest } from './image-manifest.js'
import {
  isConfigType,
  isGenericType,
  isImageManifestType,
  isIndexType,
  isSchema1Type,
  mediaTypes,
} from './media-types.js'
import { printable } from '../../codec/printable.js'

/** On the layer of a Nydus image that holds its metadata. */
const nydusBootstrap = 'containerd.io/snapshot/nydus-bootstrap'

/** A type that may be of a layer: one that says tar, or says nothing. The bytes have the last word. */
const mayBeLayer = (type: string): boolean =>
  type === '' || isGenericType(type) || /tar|gzip|zstd|rootfs/.test(type.toLowerCase())

function notAnImage(types: readonly string[], otherwise: string, subject: ErrorSubject): WindlassError {
  const type = types.find((each) => artifactKind(each) !== undefined) ?? types[0] ?? ''
  const { what, hint } = artifactKind(type) ?? { what: otherwise, hint: orasHint }
  const name = subject.reference ?? 'This'
  return new WindlassError(
    'UNSUPPORTED',
    `${name} is not a container image, but ${what} (${printable(type)})`,
    {
      ...subject,
      hint,
    },
  )
}

/** Refuses a manifest whose config is that of no image: `UNSUPPORTED`, naming what it is and what reads it. */
export function checkIsImage(
  { artifactType, config, layers }: Pick<ImageManifest, 'artifactType' | 'config' | 'layers'>,
  subject: ErrorSubject = {},
): void {
  if (isConfigType(config.mediaType.toLowerCase()) && !(config.mediaType === mediaTypes.ociEmpty)) return
  const types = [...(artifactType === undefined ? [] : [artifactType]), config.mediaType]
  throw notAnImage(
    [...types, ...layers.map(({ mediaType }) => mediaType)],
    'an artifact of another kind',
    subject,
  )
}

/** Refuses layers that are no archives of files: `UNSUPPORTED`, as `checkIsImage`. */
export function checkLayerTypes(layers: readonly Descriptor[], subject: ErrorSubject = {}): void {
  for (const { mediaType, annotations, digest } of layers) {
    const isNydus = annotations !== undefined && Object.hasOwn(annotations, nydusBootstrap)
    if (!isNydus && artifactKind(mediaType) === undefined && mayBeLayer(mediaType)) continue
    const otherwise = 'an image with layers of a kind that is not supported'
    throw notAnImage([isNydus ? nydusBootstrap : mediaType], otherwise, { ...subject, digest })
  }
}

/** The error of an index in which nothing is a manifest of an image; undefined where something is. */
export function notAnIndexOfImages(
  { artifactType, manifests }: Pick<ImageIndex, 'artifactType' | 'manifests'>,
  subject: ErrorSubject = {},
): WindlassError | undefined {
  const isImage = ({ mediaType, artifactType }: Descriptor): boolean =>
    (isImageManifestType(mediaType) || isIndexType(mediaType) || isSchema1Type(mediaType)) &&
    (artifactType === undefined || isConfigType(artifactType))
  if (manifests.length === 0 || manifests.some(isImage)) return undefined
  const types = manifests.flatMap((each) => [
    ...(each.artifactType ? [each.artifactType] : []),
    each.mediaType,
  ])
  return notAnImage([...(artifactType ? [artifactType] : []), ...types], 'an index of artifacts', subject)
}

/** The error of a manifest whose media type is of no image: in words where it is known, else by its type. */
export const unsupportedManifestType = (
  type: string,
  what: string,
  subject: ErrorSubject = {},
): WindlassError =>
  artifactKind(type) !== undefined
    ? notAnImage([type], '', subject)
    : new WindlassError(
        'MANIFEST_UNSUPPORTED',
        `Unsupported manifest MIME type: ${printable(type)} (${what})`,
        subject,
      )

/**
 * Rejects artifacts that are not container images, with an error that names the kind of artifact and the tool that
 * reads it. Decides by media types alone, before any layer is fetched.
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
} from './media-types.js'
import { printable } from '../../codec/printable.js'

/** Annotation on the metadata layer of a Nydus image. */
const nydusBootstrap = 'containerd.io/snapshot/nydus-bootstrap'

/** Returns whether `type` may be that of a layer: a type of archives, or a generic type. */
const mayBeLayer = (type: string): boolean =>
  type === '' || isGenericType(type) || /tar|gzip|zstd|rootfs/.test(type.toLowerCase())

/**
 * Returns the UNSUPPORTED error for an artifact with the media types `types`. The first one of a known kind determines
 * the message and the hint. If there is none, `fallback` names the kind.
 */
function notAnImageError(types: readonly string[], fallback: string, subject: ErrorSubject): WindlassError {
  const type = types.find((each) => artifactKind(each) !== undefined) ?? types[0] ?? ''
  const { what, hint } = artifactKind(type) ?? { what: fallback, hint: orasHint }
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

/**
 * Checks that the config of a manifest is an image config.
 * @throws UNSUPPORTED if it is not; the message and the hint name the kind of artifact and the tool that reads it
 */
export function checkIsImage(
  { artifactType, config, layers }: Pick<ImageManifest, 'artifactType' | 'config' | 'layers'>,
  subject: ErrorSubject = {},
): void {
  if (isConfigType(config.mediaType.toLowerCase())) return
  const types = [...(artifactType === undefined ? [] : [artifactType]), config.mediaType]
  throw notAnImageError(
    [...types, ...layers.map(({ mediaType }) => mediaType)],
    'an artifact of another kind',
    subject,
  )
}

/**
 * Checks that all layers may be archives of files.
 * @throws UNSUPPORTED if one is not, with a message and a hint as in `checkIsImage`
 */
export function checkLayerTypes(layers: readonly Descriptor[], subject: ErrorSubject = {}): void {
  for (const { mediaType, annotations, digest } of layers) {
    const isNydus = annotations !== undefined && Object.hasOwn(annotations, nydusBootstrap)
    if (!isNydus && artifactKind(mediaType) === undefined && mayBeLayer(mediaType)) continue
    const fallback = 'an image with layers of a kind that is not supported'
    throw notAnImageError([isNydus ? nydusBootstrap : mediaType], fallback, { ...subject, digest })
  }
}

/** Returns an UNSUPPORTED error if an index has entries but none is an image or an index; otherwise undefined. */
export function artifactIndexError(
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
  return notAnImageError(
    [...(artifactType ? [artifactType] : []), ...types],
    'an index of artifacts',
    subject,
  )
}

/**
 * Returns the error for a manifest with an unsupported media type: UNSUPPORTED for a known kind of artifact, otherwise
 * MANIFEST_UNSUPPORTED.
 */
export const unsupportedManifestError = (
  type: string,
  what: string,
  subject: ErrorSubject = {},
): WindlassError =>
  artifactKind(type) !== undefined
    ? notAnImageError([type], '', subject)
    : new WindlassError(
        'MANIFEST_UNSUPPORTED',
        `Unsupported manifest MIME type: ${printable(type)} (${what})`,
        subject,
      )

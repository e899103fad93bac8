/** Selects the entries of an index that match a platform, in the order of containerd. */
import type { Descriptor } from './descriptor.js'
import { isConfigType, isImageManifestType, isIndexType, isSchema1Type } from './media-types.js'
import { type Platform, normalizePlatform } from '../platform/platform.js'
import { platformVector } from '../platform/platform-vector.js'
import { compareWindowsNewestFirst, windowsImageRuns } from '../platform/windows-version.js'

/** Windows features that do not affect matching. */
const ignoredFeatures: readonly string[] = ['win32k']

/** Returns whether an image for `offered` runs on `wanted`. Both are normalised. */
function isCompatible(wanted: Platform, offered: Platform): boolean {
  if (
    wanted.os !== offered.os ||
    wanted.architecture !== offered.architecture ||
    wanted.variant !== offered.variant
  )
    return false
  if (wanted.os === 'windows' && !windowsImageRuns(wanted['os.version'] ?? '', offered['os.version'] ?? ''))
    return false
  // On other systems, features have no defined meaning: an unrequested one only lowers the rank of the entry.
  return wanted.os !== 'windows' || countUnrequestedFeatures(wanted, offered) === 0
}

/** Returns the number of features that an entry requires and that were not requested. */
function countUnrequestedFeatures(wanted: Platform, offered: Platform): number {
  const have = [...(wanted['os.features'] ?? []), ...ignoredFeatures]
  return (offered['os.features'] ?? []).filter((feature) => !have.includes(feature)).length
}

/** Returns whether an entry belongs to an image without being one: a BuildKit attestation or an OCI artifact. */
function isAttachment(descriptor: Descriptor): boolean {
  const { annotations, artifactType, platform } = descriptor
  return (
    platform?.os === 'unknown' ||
    platform?.architecture === 'unknown' ||
    (artifactType !== undefined && !isConfigType(artifactType)) ||
    (annotations !== undefined && Object.hasOwn(annotations, 'vnd.docker.reference.type'))
  )
}

const isManifest = ({ mediaType }: Descriptor): boolean =>
  isImageManifestType(mediaType) || isIndexType(mediaType) || isSchema1Type(mediaType)

/**
 * Returns the descriptors that match `wanted`, best first, in the order of containerd (`platforms.Only`):
 * - the position of the platform in `platformVector`: the requested platform, then its fallbacks
 * - fewer required features that were not requested
 * - more of the requested features
 * - on Windows, the newer version
 * - the order of the index
 *
 * Entries without a platform come last, because only their configs state the platform (containerd `images.Manifest`).
 * Attestations, other attachments and entries that are not manifests never match.
 */
export function matchPlatform<D extends Descriptor>(wanted: Platform, descriptors: readonly D[]): D[] {
  const vector = platformVector(wanted)
  const ranked = descriptors
    .filter((descriptor) => isManifest(descriptor) && !isAttachment(descriptor))
    .map((descriptor) => {
      const { platform } = descriptor
      if (platform === undefined)
        return { descriptor, rank: vector.length, unrequested: 0, features: 0, windowsVersion: '' }
      const offered = normalizePlatform(platform)
      return {
        descriptor,
        rank: vector.findIndex((one) => isCompatible(one, offered)),
        unrequested: countUnrequestedFeatures(wanted, offered),
        features: offered['os.features']?.length ?? 0,
        windowsVersion: offered.os === 'windows' ? (offered['os.version'] ?? '') : '',
      }
    })
  return ranked
    .filter(({ rank }) => rank >= 0)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        a.unrequested - b.unrequested ||
        b.features - a.features ||
        compareWindowsNewestFirst(a.windowsVersion, b.windowsVersion),
    )
    .map(({ descriptor }) => descriptor)
}

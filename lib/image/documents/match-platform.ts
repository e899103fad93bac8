/**
 * Which manifests of an index fit a platform, and which of them fits best: containerd's choice.
 */
import type { Descriptor } from './descriptor.js'
import { isConfigType, isImageManifestType, isIndexType, isSchema1Type } from './media-types.js'
import { type Platform, normalizePlatform } from '../platform/platform.js'
import { platformVector } from '../platform/platform-vector.js'
import { newerWindows, windowsFits } from '../platform/windows-version.js'

/** Windows features that never kept an image from matching. */
const ignoredFeatures: readonly string[] = ['win32k']

function fits(wanted: Platform, offered: Platform): boolean {
  if (
    wanted.os !== offered.os ||
    wanted.architecture !== offered.architecture ||
    wanted.variant !== offered.variant
  )
    return false
  if (wanted.os === 'windows' && !windowsFits(wanted['os.version'] ?? '', offered['os.version'] ?? ''))
    return false
  // On other systems nothing says what a feature asks for: it only puts the entry behind those without.
  return wanted.os !== 'windows' || missingFeatures(wanted, offered) === 0
}

/** How many features an entry wants that were not asked for. */
function missingFeatures(wanted: Platform, offered: Platform): number {
  const have = [...(wanted['os.features'] ?? []), ...ignoredFeatures]
  return (offered['os.features'] ?? []).filter((feature) => !have.includes(feature)).length
}

/** Something about an image rather than an image: BuildKit's attestations, OCI artifacts. */
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
 * The descriptors that fit `wanted`, best first, in containerd's order (`platforms.Only`): the platform itself, then
 * what it falls back to (`platformVector`), then the one that wants fewer features that nobody asked for, then the one with
 * more of the wanted features, then (Windows) the newest
 * version, then as listed. Entries without a platform come last: their configs must say (images.Manifest).
 * Attestations, other attachments and what is no manifest are never chosen.
 */
export function matchPlatform<D extends Descriptor>(wanted: Platform, descriptors: readonly D[]): D[] {
  const vector = platformVector(wanted)
  const ranked = descriptors
    .filter((descriptor) => isManifest(descriptor) && !isAttachment(descriptor))
    .map((descriptor) => {
      const { platform } = descriptor
      if (platform === undefined)
        return { descriptor, rank: vector.length, missing: 0, features: 0, version: '' }
      const offered = normalizePlatform(platform)
      return {
        descriptor,
        rank: vector.findIndex((one) => fits(one, offered)),
        missing: missingFeatures(wanted, offered),
        features: offered['os.features']?.length ?? 0,
        version: offered.os === 'windows' ? (offered['os.version'] ?? '') : '',
      }
    })
  return ranked
    .filter(({ rank }) => rank >= 0)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        a.missing - b.missing ||
        b.features - a.features ||
        newerWindows(a.version, b.version),
    )
    .map(({ descriptor }) => descriptor)
}

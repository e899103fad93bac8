/** Separates images from the attestations and artifacts that an index lists as well. */
import type { Descriptor } from './descriptor.js'
import { matchPlatform } from './match-platform.js'
import type { Platform } from '../platform/platform.js'

/**
 * Returns whether `entry` is an image or a nested index, and not an attestation or another artifact: whether it matches its
 * own platform. An entry without a platform is matched against `platform`.
 */
export const isImageOrIndexEntry = (entry: Descriptor, platform: Platform = anyPlatform): boolean =>
  matchPlatform(entry.platform ?? platform, [entry]).length > 0

const anyPlatform: Platform = { os: 'linux', architecture: 'amd64' }

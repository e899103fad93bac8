/** Tells images from the attestations and other artifacts that an index may list. */
import type { Descriptor } from './descriptor.js'
import { matchPlatform } from './match-platform.js'
import type { Platform } from '../platform/platform.js'

/**
 * Returns whether `entry` is an image or a nested index, and not an attestation or another artifact. Only images and
 * indexes match a platform, so this matches the entry against its own.
 */
export const isImageOrIndexEntry = (entry: Descriptor): boolean =>
  matchPlatform(entry.platform ?? arbitraryPlatform, [entry]).length > 0

/** An entry without a platform matches every platform, so any will do. */
const arbitraryPlatform: Platform = { os: 'linux', architecture: 'amd64' }

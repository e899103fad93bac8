/** Which entries of an index are images of a platform: attestations and artifacts stand in it too, and are not pulled. */
import type { Descriptor } from './descriptor.js'
import { matchPlatform } from './match-platform.js'
import type { Platform } from '../platform/platform.js'

/** What fits not even the platform that it names itself is no image. An entry without a platform fits any. */
export const isListedImage = (entry: Descriptor, platform: Platform = anyPlatform): boolean =>
  matchPlatform(entry.platform ?? platform, [entry]).length > 0

const anyPlatform: Platform = { os: 'linux', architecture: 'amd64' }

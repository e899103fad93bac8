/** Checks the version of Node.js. */
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'

const finding = findingsOf('node')

/** The oldest major version that works. */
const oldestMajor = 20

/** Returns the check for a version, such as `v20.11.0`. */
export const checkNodeVersion =
  (version: string): Check =>
  () => {
    const [major = 0] = version.replace(/^v/, '').split('.').map(Number)
    if (major >= oldestMajor) return [finding('ok', `Node.js is ${version}.`)]
    return [
      finding(
        'problem',
        `Node.js is ${version}, which is too old.`,
        `Install Node.js ${oldestMajor} or later.`,
      ),
    ]
  }

/** Checks the version of Node.js. */
export const checkNode: Check = checkNodeVersion(process.version)

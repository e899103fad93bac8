/** Provides the version of this package. */
import { readFileSync } from 'node:fs'

/**
 * Returns the version in `package.json`, which is one directory above this file in the sources and two in the build.
 * Returns `unknown` if it cannot be read.
 */
export function version(): string {
  for (const above of ['../package.json', '../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(above, import.meta.url), 'utf8'))
      if (typeof found === 'object' && found && 'version' in found) return String(found.version)
    } catch {
      continue
    }
  }
  return 'unknown'
}

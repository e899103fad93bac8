/** The version of this package. */
import { readFileSync } from 'node:fs'

/** As `package.json` says, which stands one directory above the sources and two above the build. */
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

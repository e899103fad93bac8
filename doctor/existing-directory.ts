/** Finds a directory that exists. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Returns `directory`, or the nearest directory above it that exists. */
export function existingDirectory(directory: string): string {
  let current = directory
  while (!existsSync(current) && dirname(current) !== current) current = dirname(current)
  return current
}

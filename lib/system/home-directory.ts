/** Determines the home directory of the user. */
import { homedir } from 'node:os'
import path from 'node:path'

/**
 * Returns `$HOME`, or the home directory in the user database. Returns undefined if there is neither, for example in a
 * container that runs as an arbitrary user.
 */
export function homeDirectory(): string | undefined {
  try {
    const home = homedir()
    return path.isAbsolute(home) ? home : undefined
  } catch {
    return undefined
  }
}

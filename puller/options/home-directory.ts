/** The home directory of the user, where there is one. */
import { homedir } from 'node:os'
import path from 'node:path'

/** `$HOME`, else what the system knows of the user; undefined where that is nothing, as in a container of any user. */
export function homeDirectory(): string | undefined {
  try {
    const home = homedir()
    return path.isAbsolute(home) ? home : undefined
  } catch {
    return undefined
  }
}

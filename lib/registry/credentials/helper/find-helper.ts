/** Finds the program of a credential helper. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

/** Reports whether `name` is the name of a helper. It becomes a part of a file name, so it contains no separator. */
export const isHelperName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(name)

/** Returns the name of the program of a helper. */
export const helperProgram = (name: string): string => `docker-credential-${name}`

/**
 * Returns the path of a program in the directories of `searchPath`, the value of `PATH`. Relative directories are ignored:
 * what is in the working directory must not run. Returns undefined if there is none.
 */
export async function findProgram(program: string, searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(directory, program)
    if (await isExecutable(path)) return path
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

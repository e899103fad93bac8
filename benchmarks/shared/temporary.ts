/** Provides directories that are removed when the benchmark ends, even if it is interrupted. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

const directories = new Set<string>()

process.on('exit', () => {
  for (const directory of directories)
    try {
      rmSync(directory, { recursive: true, force: true })
    } catch {
      // A killed program may still write into the directory.
    }
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

/** Makes a directory in `under`. The caller may remove it earlier. */
export async function temporary(under: string, prefix: string): Promise<string> {
  const directory = await mkdtemp(join(under, prefix))
  directories.add(directory)
  return directory
}

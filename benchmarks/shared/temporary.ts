/** Directories that are gone when the benchmark is, also when it is broken off. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

const made = new Set<string>()

process.on('exit', () => {
  for (const directory of made)
    try {
      rmSync(directory, { recursive: true, force: true })
    } catch {
      // A program that was just killed may still write into it.
    }
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

/** A new directory in `under`; whoever asks for it may remove it before. */
export async function temporary(under: string, prefix: string): Promise<string> {
  const directory = await mkdtemp(join(under, prefix))
  made.add(directory)
  return directory
}

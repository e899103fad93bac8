/** Provides a directory for one test with a store in it, which is removed at the end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Workspace {
  readonly directory: string
  readonly store: string
  /** Returns a path in the directory that does not exist yet. */
  readonly path: (name: string) => string
}

export async function workspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-real-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return { directory, store: join(directory, 'store'), path: (name) => join(directory, name) }
}

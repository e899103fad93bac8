/** A directory for one spec, removed after it, on a file system that has what the specs ask of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-spec-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

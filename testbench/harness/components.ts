/** Lists the programs that tests with real registries and tools need, and skips these tests if one is missing. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const programs = [
  'docker-registry',
  'skopeo',
  'umoci',
  'tar',
  'zstd',
  'openssl',
  'setfattr',
  'setcap',
  'setpriv',
  'dpkg',
  'docker',
  'docker-compose',
  'podman',
  'containerd',
  'ctr',
  'docker-credential-pass',
  'pass',
  'gpg',
]

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Directory of the programs that `scripts/ready.mjs` takes from Debian testing. */
export const downloadedTools = fileURLToPath(new URL('../../.cache/tools', import.meta.url))

/** Returns the missing programs; empty if all are installed. @param others programs that few tests need */
export function missingComponents(others: readonly string[] = []): string[] {
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter)
  path.push(downloadedTools)
  const missing = [...programs, ...others].filter(
    (program) => !path.some((directory) => isProgram(join(directory, program))),
  )
  return process.getuid?.() === 0 ? missing : ['root (for devices, owners and capabilities)', ...missing]
}

/**
 * A `describe` that needs the real programs, and `others`. If any is missing, it is skipped with a message, or fails if CI
 * is set.
 */
export function describeReal(title: string, body: () => void, others: readonly string[] = []): void {
  const missing = missingComponents(others)
  if (missing.length === 0) describe(title, body)
  else if (process.env['CI'] !== undefined)
    describe(title, () => it('has the programs it needs', () => expect(missing).toEqual([])))
  else {
    process.stderr.write(`\nSKIPPED: ${title}: not installed: ${missing.join(', ')}\n`)
    describe.skip(title, body)
  }
}

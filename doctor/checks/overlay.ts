/** Checks whether layers can be mounted with overlayfs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { existingDirectory } from '../existing-directory.js'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'
import { runProgram } from '../run-program.js'

const finding = findingsOf('overlay')

const script =
  'cd "$1" && mkdir lower upper work merged && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged'

/** Mounts an overlay in a mount namespace of its own, which ends with the program: nothing remains mounted. */
export const checkOverlay: Check = async ({ store, env }) => {
  if (process.platform !== 'linux') return [finding('note', 'Overlay mounts exist only on Linux.')]
  const isRoot = process.geteuid?.() === 0
  const ways = isRoot ? [['-m'], ['-Urm']] : [['-Urm']]
  const failures: string[] = []
  for (const way of ways) {
    const directory = temporaryDirectory(store)
    try {
      const { code, isMissing, errors } = await runProgram(
        'unshare',
        [...way, 'sh', '-c', script, 'sh', directory],
        env,
      )
      if (code === 0)
        return [
          finding(
            'ok',
            way[0] === '-m'
              ? 'Layers of the store can be mounted with overlayfs.'
              : 'Layers of the store can be mounted with overlayfs in a user namespace.',
          ),
        ]
      if (isMissing)
        return [
          finding(
            'note',
            'The program unshare is missing, so that overlay mounts could not be tried.',
            'Install the package util-linux.',
          ),
        ]
      failures.push(errors.split('\n').at(-1) ?? '')
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  return [
    finding(
      'note',
      `Layers of the store cannot be mounted with overlayfs: ${failures[0] || 'the mount failed'}.`,
      'Pulls are not affected. To get one tree, use “windlass unpack”, or a store on ext4, xfs or tmpfs.',
    ),
  ]
}

/** Creates a directory on the file system of the store. */
export const temporaryDirectory = (store: string): string =>
  mkdtempSync(join(existingDirectory(store), '.windlass-doctor-'))

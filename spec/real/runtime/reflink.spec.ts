/** Mounts whose files share their content with the store, on the file systems that can do that: XFS and btrfs. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees, describeTree } from '../../../lib/archive/index.js'
import { runWindlass } from '../../../testbench/harness/command-line.js'
import {
  availableUsers,
  isRoot,
  layersOfEveryKind,
  openDirectory,
  platform,
  windlassAs,
  writeLayout,
} from '../../../testbench/harness/machine.js'

const place = openDirectory()
const kinds = ['xfs', 'btrfs'] as const
const mebibyte = 1024 * 1024

/** Size of the content of a file that is large enough to be seen in the free space. */
const largeBytes = 32 * mebibyte

const directoryOf = (kind: string): string => join(place.path, kind)

/** Makes and mounts a file system. Returns why that is not possible here. */
function mountDisk(kind: string): string | undefined {
  if (!isRoot) return 'only root may mount a file system'
  const directory = directoryOf(kind)
  mkdirSync(directory)
  const commands = [
    ['truncate', '-s', '512M', `${directory}.img`],
    [`mkfs.${kind}`, '-q', `${directory}.img`],
    ['mount', '-o', 'loop', `${directory}.img`, directory],
    ['chmod', '1777', directory],
  ] as const
  for (const [program, ...args] of commands) {
    const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0) return `${program}: ${error?.message ?? stderr}`
  }
  return undefined
}

const problems = new Map(kinds.map((kind) => [kind, mountDisk(kind)]))
let image: string

beforeAll(async () => {
  await runWindlass(['--version']) // builds the command
  const layers = [...layersOfEveryKind, [{ path: 'large', content: Buffer.alloc(largeBytes, 'windlass ') }]]
  ;({ name: image } = writeLayout(join(place.path, 'layout'), layers))
}, 300_000)

afterAll(() => {
  for (const kind of kinds) spawnSync('umount', [directoryOf(kind)])
  place.remove()
})

const freeBytes = (path: string): number => {
  spawnSync('sync', ['-f', path])
  const { bfree, bsize } = statfsSync(path)
  return bfree * bsize
}

describe.each(kinds)('on %s', (kind) => {
  const problem = problems.get(kind)
  it.skipIf(problem !== undefined).each(availableUsers)(
    'an image that %s mounts shares its content with the store and changes it in nothing',
    async (who, as) => {
      const top = directoryOf(kind)
      const at = (name: string): string => join(top, `${name}-${who.replaceAll(' ', '-')}`)
      const store = ['--store', at('store')]
      const run = (...args: readonly string[]) => windlassAs({ as }, ...args, ...store)
      expect(run('unpack', '-q', ...platform, image, at('flat'))).toMatchObject({ exit: 0 })
      expect(run('pull', '-q', ...platform, image)).toMatchObject({ exit: 0 })
      const before = freeBytes(top)
      const mounted = run('mount', '-q', '--json', ...platform, '--rw', '--method', 'reflink', image, at('m'))
      expect(mounted).toMatchObject({ exit: 0, stderr: '' })
      expect(JSON.parse(mounted.stdout)).toMatchObject({ method: 'reflink', writable: true })
      expect(before - freeBytes(top)).toBeLessThan(largeBytes / 2)

      const differences = compareTrees(await describeTree(at('flat')), await describeTree(at('m')))
      // No layer lists the root: the tree of “unpack” has the time at which it was made.
      expect(differences.map(({ text }) => text).filter((text) => !text.startsWith('.: mtime'))).toEqual([])
      appendFileSync(join(at('m'), 'large'), 'changed')
      expect(run('verify')).toMatchObject({ exit: 0 })
      expect(readFileSync(join(at('flat'), 'large')).length).toBe(largeBytes)
      expect(run('umount', at('m'))).toMatchObject({ exit: 0, stderr: '' })
      expect(existsSync(at('m'))).toBe(false)
    },
    120_000,
  )
})

/** A disk with nothing left, of bytes or of inodes: what is in the store is read, and space is freed. */
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareTrees, describeTree } from '../../lib/archive/index.js'
import {
  layersOfEveryKind,
  type Layout,
  openDirectory,
  platform,
  writeLayout,
} from '../../testbench/harness/machine.js'
import { describeSmallDisk, type CommandOutput, SmallDisk } from '../../testbench/harness/small-disk.js'

const other = [[{ path: 'etc/motd', content: 'hello' }]]

function fillBytes(directory: string): void {
  const file = openSync(join(directory, 'fill'), 'w')
  try {
    for (let size = 1 << 20; size > 0; size = size > 1 ? size >> 1 : 0)
      try {
        for (;;) writeSync(file, Buffer.alloc(size))
      } catch {
        // smaller pieces may fit
      }
  } finally {
    closeSync(file)
  }
  expect(statfsSync(directory).bfree).toBe(0)
}

function fillInodes(directory: string): void {
  mkdirSync(join(directory, 'files'))
  try {
    for (let at = 0; ; at++) closeSync(openSync(join(directory, 'files', String(at)), 'w'))
  } catch {
    expect(statfsSync(directory).ffree).toBe(0)
  }
}

await describeSmallDisk('a disk with nothing left', () => {
  const place = openDirectory()
  let large: Layout
  let small: Layout
  beforeAll(() => {
    large = writeLayout(join(place.path, 'large'), layersOfEveryKind)
    small = writeLayout(join(place.path, 'small'), other)
  })
  afterAll(() => place.remove())

  const fills = { bytes: fillBytes, inodes: fillInodes } as const
  const kept = { 'trees and blobs': [], 'blobs alone': ['--no-unpack'], 'trees alone': ['--discard-blobs'] }
  const cases = Object.entries(fills).flatMap(([of, fill]) =>
    Object.entries(kept).map(([what, options]) => ({ of, fill, what, options })),
  )

  it.each(cases)(
    'of $of is read from and freed by rm and gc, with $what',
    async ({ fill, options, what }) => {
      const disk = await SmallDisk.mount('size=4m,nr_inodes=300')
      const ok = ({ exit, stdout, stderr }: CommandOutput): string => {
        expect([exit, stderr]).toEqual([0, ''])
        return stdout
      }
      const pull = async (name: string) =>
        ok(await disk.windlass('pull', '-q', ...options, ...platform, name))
      try {
        for (const { name } of [large, small]) await pull(name)
        fill(disk.localPath)
        expect(
          ok(await disk.windlass('images'))
            .trimEnd()
            .split('\n'),
        ).toHaveLength(3)
        expect(ok(await disk.windlass('verify'))).toMatch(/, 0 problems$/m)
        expect(await pull(small.name)).toContain('@sha256:')
        const flat = join(place.path, 'flat')
        ok(await disk.windlass('unpack', '-q', ...platform, small.name, flat))
        rmSync(flat, { recursive: true })
        expect(ok(await disk.windlass('gc', '--dry-run'))).toBe('Would remove 0 objects, 0 B\n')

        expect(ok(await disk.windlass('rm', large.name))).toBe(`${large.name}\n`)
        const before = statfsSync(disk.localPath)
        const removed = what === 'trees and blobs' ? 6 : 4
        expect(ok(await disk.windlass('gc'))).toMatch(new RegExp(`^Removed ${removed} objects, `, 'm'))
        const after = statfsSync(disk.localPath)
        expect(after.ffree).toBeGreaterThan(before.ffree)
        expect(
          ok(await disk.windlass('images'))
            .trimEnd()
            .split('\n'),
        ).toHaveLength(2)
        expect(ok(await disk.windlass('verify'))).toMatch(/^Verified 1 image: .*, 0 problems$/m)
        for (const name of ['fill', 'files'])
          rmSync(join(disk.localPath, name), { recursive: true, force: true })
        await pull(large.name)
        expect(ok(await disk.windlass('verify'))).toMatch(/^Verified 2 images: .*, 0 problems$/m)
      } finally {
        disk.unmount()
      }
    },
  )

  it('loses a name and nothing else, and that once', async () => {
    const disk = await SmallDisk.mount('size=4m,nr_inodes=300')
    try {
      for (const { name } of [large, small])
        expect((await disk.windlass('pull', '-q', ...platform, name)).exit).toBe(0)
      fillInodes(disk.localPath)
      rmSync(join(disk.localPath, 'files/0'))
      fillBytes(disk.localPath)
      const layers = join(disk.localPath, 'store/layers')
      const before = await describeTree(layers)
      expect((await disk.windlass('rm', large.name)).exit).toBe(0)
      expect((await disk.windlass('rm', large.name)).exit).toBe(4)
      expect((await disk.windlass('rm', small.name)).exit).toBe(0)
      expect((await disk.windlass('images')).stdout.trimEnd().split('\n')).toHaveLength(1)
      expect(compareTrees(before, await describeTree(layers))).toEqual([])
    } finally {
      disk.unmount()
    }
  })
})

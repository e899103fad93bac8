import { describe, expect, it } from 'vitest'
import { type Disk, Disk as NewDisk, FileNode, isClean } from '../../../testbench/power-loss/disk.js'

/** A change that is over. */
const over = (disk: Disk) => {
  const change = disk.begin()
  disk.done(change)
  return change
}

describe('a disk', () => {
  it('has an entry, or has none, until its directory is synced', () => {
    const disk = new NewDisk()
    const [first, second] = [new FileNode(), new FileNode()]
    disk.enter(disk.root, 'name', first, over(disk))
    const entry = disk.root.entries.get('name')!
    expect(entry.possible).toEqual([undefined, first])
    disk.sync(disk.root, 'fsync', disk.now)
    expect(entry.possible).toEqual([first])
    disk.enter(disk.root, 'name', second, over(disk))
    disk.enter(disk.root, 'name', undefined, over(disk))
    expect(entry.now).toBeUndefined()
    expect(entry.possible).toEqual([first, second, undefined])
    disk.sync(disk.root, 'fsync', disk.now)
    expect(entry.possible).toEqual([undefined])
  })

  it('syncs what was over when the sync began, and nothing that came after', () => {
    const disk = new NewDisk()
    const file = new FileNode()
    const under = disk.begin()
    disk.write(file, under)
    const began = disk.now
    disk.sync(file, 'fsync', began)
    expect(isClean(file)).toBe(false)
    disk.done(under)
    disk.sync(file, 'fsync', began)
    expect(isClean(file)).toBe(false)
    disk.sync(file, 'fsync', disk.now)
    expect(isClean(file)).toBe(true)
  })

  it('has the bytes after fdatasync, not the attributes', () => {
    const disk = new NewDisk()
    const file = new FileNode()
    disk.write(file, over(disk))
    disk.touch(file, over(disk))
    disk.sync(file, 'fdatasync', disk.now)
    expect([file.bytes.size, file.attributes.size]).toEqual([0, 1])
    disk.syncAll(disk.now)
    expect(isClean(file)).toBe(true)
    expect(file.syncedBy).toBe('syncfs')
  })
})

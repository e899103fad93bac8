import { describe, expect, it } from 'vitest'
import { type Disk, Disk as NewDisk, FileNode, isClean } from '../../../testbench/power-loss/disk.js'

/** Returns a change that has ended. */
const endedChange = (disk: Disk) => {
  const change = disk.beginChange()
  disk.endChange(change)
  return change
}

describe('a disk', () => {
  it('has all possible targets of an entry until its directory is synced', () => {
    const disk = new NewDisk()
    const [first, second] = [new FileNode(), new FileNode()]
    disk.setEntry(disk.root, 'name', first, endedChange(disk))
    const entry = disk.root.entries.get('name')!
    expect(entry.possibleTargets).toEqual([undefined, first])
    disk.sync(disk.root, 'fsync', disk.now)
    expect(entry.possibleTargets).toEqual([first])
    disk.setEntry(disk.root, 'name', second, endedChange(disk))
    disk.setEntry(disk.root, 'name', undefined, endedChange(disk))
    expect(entry.now).toBeUndefined()
    expect(entry.possibleTargets).toEqual([first, second, undefined])
    disk.sync(disk.root, 'fsync', disk.now)
    expect(entry.possibleTargets).toEqual([undefined])
  })

  it('syncs only changes that had ended when the sync began', () => {
    const disk = new NewDisk()
    const file = new FileNode()
    const change = disk.beginChange()
    disk.changeBytes(file, change)
    const began = disk.now
    disk.sync(file, 'fsync', began)
    expect(isClean(file)).toBe(false)
    disk.endChange(change)
    disk.sync(file, 'fsync', began)
    expect(isClean(file)).toBe(false)
    disk.sync(file, 'fsync', disk.now)
    expect(isClean(file)).toBe(true)
  })

  it('has the bytes but not the attributes after fdatasync', () => {
    const disk = new NewDisk()
    const file = new FileNode()
    disk.changeBytes(file, endedChange(disk))
    disk.changeAttributes(file, endedChange(disk))
    disk.sync(file, 'fdatasync', disk.now)
    expect([file.bytes.size, file.attributes.size]).toEqual([0, 1])
    disk.syncAll(disk.now)
    expect(isClean(file)).toBe(true)
    expect(file.syncedBy).toBe('syncfs')
  })
})

import { mkdirSync, readdirSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { findHolders } from '../../../../lib/store/garbage/holders.js'
import { type MountRecord, openStore } from '../../../../lib/store/index.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const manifest = digestOf(Buffer.from('manifest'))
const layer = digestOf(Buffer.from('layer'))
const mount: Omit<MountRecord, 'id'> = {
  ...{ target: '/mnt/a', image: 'a', manifest, method: 'overlay', writable: false, madeTarget: true },
  holds: [manifest, layer],
}

describe('the mounts of a store', () => {
  it('are recorded before they are made, changed and removed', async () => {
    const directory = temporaryDirectory()
    const store = await openStore(directory)
    expect(await store.mounts.list()).toEqual([])
    const record = await store.mounts.begin(mount)
    expect(await store.mounts.list()).toEqual([record])
    await store.mounts.update({ ...record, inode: '7' })
    expect(await store.mounts.list()).toEqual([{ ...record, inode: '7' }])
    expect((await findHolders(directory, 0)).digests).toEqual(new Set([manifest, layer]))
    await store.mounts.remove(record.id)
    expect(await store.mounts.list()).toEqual([])
    await store.close()
  })

  it('keep their content from garbage collection until they are removed', async () => {
    const store = await openStore(temporaryDirectory())
    const bytes = Buffer.from('a blob that no name needs')
    const digest = digestOf(bytes)
    await store.blobs.put(digest, bytes)
    const { id } = await store.mounts.begin({ ...mount, holds: [digest] })
    await store.release()
    expect((await store.garbage.collect()).removed).toEqual([])
    await store.mounts.remove(id)
    expect((await store.garbage.collect()).removed.map((each) => each.digest)).toEqual([digest])
    await store.close()
  })

  it('with a damaged record stop the collection', async () => {
    const directory = temporaryDirectory()
    const store = await openStore(directory)
    const { id } = await store.mounts.begin(mount)
    writeFileSync(join(directory, 'mounts', id, 'mount.json'), '{')
    await expect(store.garbage.collect()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await store.close()
  })

  it('are on the disk before they have their names, and count only while they have a record', async () => {
    const directory = temporaryDirectory()
    const store = await openStore(directory)
    const calls = diskCalls(directory)
    const { id } = await store.mounts.begin(mount)
    const at = (call: string): number => calls.indexOf(call)
    const unfinished = `mounts/${id}.new`
    expect(at(`sync ${unfinished}/mount.json.new`)).toBeGreaterThanOrEqual(0)
    expect(at(`rename ${unfinished}/mount.json.new ${unfinished}/mount.json`)).toBeGreaterThan(
      at(`sync ${unfinished}/mount.json.new`),
    )
    expect(calls.at(-1)).toBe(`rename ${unfinished} mounts/${id}`)
    // Another process is removing it.
    unlinkSync(join(directory, 'mounts', id, 'mount.json'))
    expect(await store.mounts.list()).toEqual([])
    await store.close()
  })

  it('that a killed process did not record are removed an hour later', async () => {
    const directory = temporaryDirectory()
    const store = await openStore(directory)
    for (const name of ['0000000000000001.new', '0000000000000002.new'])
      mkdirSync(join(directory, 'mounts', name), { recursive: true })
    const old = Date.now() / 1_000 - 7_200
    utimesSync(join(directory, 'mounts/0000000000000001.new'), old, old)
    const { id } = await store.mounts.begin(mount)
    expect(readdirSync(join(directory, 'mounts')).sort()).toEqual([id, '0000000000000002.new'].sort())
    await store.close()
  })
})

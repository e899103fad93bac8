import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { withoutHolds } from '../../../../lib/store/index.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('the leases of a store', () => {
  const stores = new TemporaryStores()
  const blob = Buffer.from('a blob that no name needs')
  const digest = digestOf(blob)
  const lease = { owner: 'spec', image: 'app:1', digest, createdAt: 1_000, holds: [digest] }

  async function withBlob() {
    const store = await stores.open()
    await store.blobs.put(digest, blob)
    return store
  }

  it('are files that other users cannot read, oldest first', async () => {
    const store = await withBlob()
    expect(await store.leases.list()).toEqual({ leases: [], damaged: [] })
    const second = await store.leases.add({ ...lease, createdAt: 2_000 })
    const first = await store.leases.add({ ...lease, expiresAt: 3_000 })
    expect((await store.leases.list()).leases).toEqual([first, second])
    const files = readdirSync(join(store.directory, 'leases'))
    expect(files.sort()).toEqual([first, second].map(({ id }) => `${id}.json`).sort())
    for (const file of files) expect(statSync(join(store.directory, 'leases', file)).mode & 0o777).toBe(0o600)
    expect(withoutHolds(first)).not.toHaveProperty('holds')
  })

  it('protect content, also from a collection of another process, until they are removed', async () => {
    const store = await withBlob()
    const { id } = await store.leases.add(lease)
    await store.close()
    const other = await stores.open(store.directory)
    expect((await other.garbage.collect()).removed).toEqual([])
    expect([await other.leases.remove(id), await other.leases.remove(id)]).toEqual([true, false])
    expect((await other.garbage.collect()).removed.map((each) => each.digest)).toEqual([digest])
  })

  it('that have ended protect nothing, and a collection removes them', async () => {
    const store = await withBlob()
    const ended = await store.leases.add({ ...lease, expiresAt: Date.now() - 1 })
    const active = await store.leases.add({ ...lease, expiresAt: Date.now() + 60_000, holds: [] })
    await store.release()
    const plan = await store.garbage.collect({ dryRun: true })
    expect(plan.leases).toEqual([withoutHolds(ended)])
    expect((await store.leases.list()).leases.length).toBe(2)
    expect(await store.garbage.collect()).toEqual({ ...plan, dryRun: false })
    expect(plan.removed.map((each) => each.digest)).toEqual([digest])
    expect((await store.leases.list()).leases).toEqual([active])
  })

  it('with a damaged file stop the collection until they are removed', async () => {
    const store = await withBlob()
    const { id } = await store.leases.add({ ...lease, expiresAt: 1 })
    const path = join(store.directory, 'leases', `${id}.json`)
    await store.release()
    for (const text of [readFileSync(path, 'utf8').replace('spec', 'spek'), '']) {
      writeFileSync(path, text)
      expect(await store.leases.list()).toEqual({ leases: [], damaged: [id] })
      await expect(store.garbage.collect()).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        hint: expect.stringContaining(`windlass lease rm ${id}`) as string,
      })
    }
    expect(await store.blobs.has(digest)).toBe(true)
    expect(await store.leases.remove(id)).toBe(true)
    expect((await store.garbage.collect()).removed.length).toBe(1)
  })

  it('are on the disk when they are made, and gone from it when they are removed', async () => {
    const store = await withBlob()
    const calls = diskCalls(store.directory)
    const { id } = await store.leases.add(lease)
    expect(calls.at(-2)).toMatch(new RegExp(`^rename \\S+ leases/${id}.json$`))
    expect(calls.at(-1)).toBe('sync leases')
    await store.leases.remove(id)
    expect(calls.slice(-2)).toEqual([`unlink leases/${id}.json`, 'sync leases'])
  })

  it('ignore files of other names, and refuse ids that lead elsewhere', async () => {
    const store = await withBlob()
    mkdirSync(join(store.directory, 'leases'))
    writeFileSync(join(store.directory, 'leases', 'notes.txt'), 'x')
    writeFileSync(join(store.directory, 'leases', '0123456789abcdef.json.new'), 'x')
    expect(await store.leases.list()).toEqual({ leases: [], damaged: [] })
    expect(await store.leases.remove('../index')).toBe(false)
    expect(await store.leases.remove('notes.txt')).toBe(false)
  })
})

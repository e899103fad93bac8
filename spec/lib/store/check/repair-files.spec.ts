/** Repairs the files without which a store cannot be opened or read. */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { repairFiles } from '../../../../lib/store/check/repair-files.js'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { lockWaitMs } from '../../../../lib/store/locks/metadata-lock.js'
import { failure } from '../../../support/failure.js'
import { putNamed } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('repairing the files of a store', () => {
  const stores = new TemporaryStores()
  const name = 'docker.io/library/app:1'

  async function made(): Promise<string> {
    const store = await stores.open()
    await putNamed(store, name, '{"config":{},"layers":[]}')
    await store.close()
    return store.directory
  }
  const content = (store: string, file: string) => readFile(join(store, file), 'utf8')

  it('changes nothing if nothing is wrong, and creates no store', async () => {
    const store = await made()
    const before = await readdir(store)
    expect(await repairFiles(store)).toEqual([])
    expect(await readdir(store)).toEqual(before)
    const none = stores.fresh()
    expect(await repairFiles(none)).toEqual([])
    await mkdir(none)
    await writeFile(join(none, 'letter.txt'), '')
    expect(await repairFiles(none)).toEqual([])
    expect(await readdir(none)).toEqual(['letter.txt'])
  })

  it.each([
    ['windlass.json', '', '{"version":1}\n'],
    ['windlass.json', '{"version":1.5}', '{"version":1}\n'],
    ['windlass.json', '{"version":"1"}', '{"version":1}\n'],
    ['oci-layout', '{', '{"imageLayoutVersion":"1.0.0"}\n'],
    ['oci-layout', '{"imageLayoutVersion":3}', '{"imageLayoutVersion":"1.0.0"}\n'],
  ])('writes %s again where it says %j, and keeps that', async (file, said, right) => {
    const store = await made()
    for (const kept of [`${file}.moved`, `${file}.moved-1`]) {
      await writeFile(join(store, file), said)
      expect(await repairFiles(store)).toEqual([
        { path: join(store, file), why: expect.any(String) as string },
      ])
      expect(await content(store, file)).toBe(right)
      expect(await content(store, kept)).toBe(said)
    }
    expect(await repairFiles(store)).toEqual([])
    expect(await (await stores.open(store)).names.get(name)).toBeDefined()
  })

  it('repairs a file once, however many processes notice that it is damaged', async () => {
    const store = await made()
    await writeFile(join(store, 'index.json'), 'x')
    const repaired = await Promise.all([repairFiles(store), repairFiles(store), repairFiles(store)])
    expect(repaired.flat()).toHaveLength(1)
    expect((await readdir(store)).filter((file) => file.startsWith('index.json'))).toHaveLength(2)
  })

  it('stops waiting for the lock of the store when it is cancelled, and changes nothing', async () => {
    const store = await made()
    await writeFile(join(store, 'index.json'), 'x')
    const lock = await FileLock.take(join(store, 'lock'))
    const { total } = lockWaitMs
    lockWaitMs.total = 5_000
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    const failed = await failure(repairFiles(store, { signal: stop.signal }))
    lockWaitMs.total = total
    expect(failed.code).toBe('CANCELLED')
    await lock?.release()
    expect(await content(store, 'index.json')).toBe('x')
  })

  it('does not change a layout of a newer version, which is then rejected', async () => {
    const store = await made()
    const newer = '{"imageLayoutVersion":"2.0.0"}'
    await writeFile(join(store, 'oci-layout'), newer)
    await writeFile(join(store, 'index.json'), 'x')
    expect(await repairFiles(store)).toEqual([])
    expect(await content(store, 'oci-layout')).toBe(newer)
    expect(await content(store, 'index.json')).toBe('x')
    await expect(stores.open(store)).rejects.toThrow('version "2.0.0"')
  })

  it('does not change a store of a newer version', async () => {
    const store = await made()
    await writeFile(join(store, 'windlass.json'), '{"version":2}')
    await writeFile(join(store, 'index.json'), 'x')
    expect(await repairFiles(store)).toEqual([])
    expect(await content(store, 'index.json')).toBe('x')
  })

  it.each([undefined, '', 'x', '[]', '{"schemaVersion":2,"manifests":7}'])(
    'lists all images without names if index.json contains %j, so that no collection removes anything',
    async (said) => {
      const store = await made()
      const open = await stores.open(store)
      const put = async (value: unknown): Promise<string> => {
        const bytes = Buffer.from(JSON.stringify(value))
        await open.blobs.put(digestOf(bytes), bytes)
        return digestOf(bytes)
      }
      const config = await put({ a: 1 })
      const child = await put({ config: { digest: config }, layers: [] })
      const index = await put({ mediaType: 'its/own', manifests: [{ digest: child }] })
      const old = await put({ fsLayers: [] })
      // The links of a damaged document do not count.
      const damaged = JSON.stringify({ manifests: [{ digest: old }] })
      await writeFile(open.blobs.path(digestOf(Buffer.from('damaged'))), damaged)
      await open.blobs.put(digestOf(Buffer.from('a layer')), Buffer.from('a layer'))
      await open.close()
      if (said === undefined) await rm(join(store, 'index.json'))
      else await writeFile(join(store, 'index.json'), said)
      expect(await repairFiles(store)).toHaveLength(1)
      const again = await stores.open(store)
      const entries = await again.names.entries()
      expect(entries.map(({ name: none }) => none)).toEqual([undefined, undefined, undefined])
      expect(entries.map(({ digest }) => digest)).toEqual(expect.arrayContaining([index, old]))
      expect(entries.find(({ digest }) => digest === index)?.image?.descriptor.mediaType).toBe('its/own')
      await again.close()
      const last = await stores.open(store)
      const { removed } = await last.garbage.collect()
      expect(removed.map(({ digest }) => digest)).toEqual(
        expect.arrayContaining(['a layer', 'damaged'].map((text) => digestOf(Buffer.from(text)))),
      )
      expect(removed).toHaveLength(2)
    },
  )

  it('repairs the layout of another tool only if it has an index.json and blobs', async () => {
    const layout = stores.fresh()
    await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true })
    await writeFile(join(layout, 'index.json'), '{"schemaVersion":2,"manifests":[]}')
    await writeFile(join(layout, 'oci-layout'), 'x')
    expect(await repairFiles(layout)).toEqual([
      { path: join(layout, 'oci-layout'), why: expect.any(String) as string },
    ])
    expect((await readdir(layout)).sort()).toEqual([
      'blobs',
      'index.json',
      'lock',
      'oci-layout',
      'oci-layout.moved',
    ])
  })

  it.runIf(process.geteuid?.() === 0)('writes files of the owner, if root acts for that user', async () => {
    const store = await made()
    const index = join(store, 'index.json')
    await writeFile(index, 'x')
    execFileSync('chown', ['-R', '1234:1234', store])
    await expect(repairFiles(store)).rejects.toMatchObject({ code: 'STORE_DENIED' })
    expect(await repairFiles(store, { onBehalfOf: 1234 })).toHaveLength(1)
    expect(await stat(index)).toMatchObject({ uid: 1234, gid: 1234 })
  })
})

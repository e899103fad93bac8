/** Each operation that waits for the lock of the store stops waiting when it is cancelled, and has changed nothing then. */
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Store, measureStore, repairFiles } from '../../lib/store/index.js'
import { FileLock } from '../../lib/store/locks/file-lock.js'
import { lockWaitMs } from '../../lib/store/locks/metadata-lock.js'
import { descriptorOf, diffIDOf, layerBlob, putNamed } from '../support/store/images-in-a-store.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const text = '{}'
const { digest } = descriptorOf(text)
const image = { name: 'b:latest', typed: 'b', descriptor: descriptorOf(text) }
const other = descriptorOf('another blob').digest

type Operation = (store: Store, signal: AbortSignal) => Promise<unknown>
const operations: readonly (readonly [string, Operation])[] = [
  ['a blob is put', ({ blobs }, signal) => blobs.put(other, Buffer.from('another blob'), signal)],
  ['content is held', (store, signal) => store.holdUntil(signal, other)],
  ['a name is set', ({ names }, signal) => names.set(image, signal)],
  ['names are removed', ({ names }, signal) => names.removeEntries((all) => all, signal)],
  ['garbage is collected', ({ garbage }, signal) => garbage.collect({}, signal)],
  ['garbage is looked for', ({ garbage }, signal) => garbage.collect({ dryRun: true }, signal)],
  ['the store is measured', (store, signal) => measureStore(store, signal)],
  [
    'content is discarded',
    ({ blobs, garbage }, signal) => {
      const path = blobs.path(digest)
      return garbage.discard({ path, inode: lstatSync(path, { bigint: true }).ino }, signal)
    },
  ],
  [
    'a layer is committed',
    async ({ layers }, signal) => {
      const staged = await layers.stage()
      const facts = { diffID: diffIDOf('a'), blob: layerBlob('a'), size: 1, form: 'overlay' } as const
      return staged.commit(facts, signal).finally(() => staged.discard())
    },
  ],
]

describe('the wait for the lock of the store', () => {
  const stores = new TemporaryStores()
  const before = { ...lockWaitMs }
  // A wait that is not cancelled fails soon.
  beforeAll(() => void Object.assign(lockWaitMs, { total: 5_000 }))
  afterAll(() => void Object.assign(lockWaitMs, before))
  const stateOf = ({ directory }: Store): unknown => [
    readFileSync(join(directory, 'index.json'), 'utf8'),
    ...['blobs', 'layers'].map((name) => readdirSync(join(directory, name), { recursive: true }).sort()),
  ]

  it.each(operations)('ends when it is cancelled while %s', async (_, operation) => {
    const store = await stores.open()
    await putNamed(store, 'a:latest', text)
    const before = stateOf(store)
    const lock = await FileLock.take(join(store.directory, 'lock'))
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    await expect(operation(store, stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
    await lock?.release()
    expect(stateOf(store)).toEqual(before)
  })

  it('ends when the signal of the store aborts', async () => {
    const stop = new AbortController()
    const store = await stores.open(undefined, { signal: stop.signal })
    const lock = await FileLock.take(join(store.directory, 'lock'))
    setTimeout(() => stop.abort(), 20)
    await expect(store.garbage.collect()).rejects.toMatchObject({ code: 'CANCELLED' })
    await lock?.release()
    expect(await repairFiles(store.directory)).toEqual([])
  })
})

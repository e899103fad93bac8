/** `windlass serve` that is killed in the middle of a pull, and started again on the same store. */
import { existsSync } from 'node:fs'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import type { PullRecord } from '../../../lib/api/index.js'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { type Served, startServe } from '../../../testbench/harness/serve.js'
import { workspace } from '../../../testbench/harness/workspace.js'

const image = buildImage({
  layers: [
    { entries: [{ path: 'small', content: 'small' }] },
    { entries: [{ path: 'large', content: randomBytes(3_000_000) }], compression: 'none' },
  ],
})
const [small, large] = image.layers as [(typeof image.layers)[number], (typeof image.layers)[number]]

async function serveOn(store: string): Promise<Served> {
  const served = await startServe(store, ['--plain-http'])
  onTestFinished(() => served.stop())
  return served
}

/** Returns what the store has of the large layer, in bytes. */
async function partialBytes(store: string): Promise<number> {
  const directory = join(store, 'partial')
  const names = existsSync(directory) ? await readdir(directory, { recursive: true }) : []
  const hex = large.digest.split(':')[1]!
  const sizes = await Promise.all(
    names
      .filter((name) => name.endsWith(hex))
      .map(async (name) => (await stat(join(directory, name)).catch(() => undefined))?.size ?? 0),
  )
  return Math.max(0, ...sizes)
}

const blobRequests = ({ requests }: TestRegistry, digest: string) =>
  requests.filter(
    ({ kind, reference, method }) => kind === 'blob' && reference === digest && method === 'GET',
  )

const endOf = (served: Served, id: string): Promise<PullRecord> =>
  new Promise((resolve, reject) => {
    const subscription = served.client.watch().subscribe({
      next: ({ pulls }) => {
        const record = pulls.find((pull) => pull.record.id === id)?.record
        if (!record || record.state === 'running') return
        subscription.unsubscribe()
        resolve(record)
      },
      error: reject,
    })
  })

describeReal('a server that ends in the middle of a pull', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s lists the pull when it starts again, and resumes it without fetching bytes twice',
    async (signal) => {
      // So slow that the large layer takes about five seconds.
      const registry = await startRegistry({ bytesPerSecond: 600_000 })
      onTestFinished(() => registry.close())
      await putImage(registry, 'app', '1', image)
      const { store } = await workspace()
      const first = await serveOn(store)
      const name = `${registry.host}/app:1`
      const order = { image: name, platform: 'linux/amd64' }
      const { id } = await first.client.pull(name, { platform: order.platform })
      await expect.poll(() => partialBytes(store), { timeout: 60_000 }).toBeGreaterThan(300_000)
      process.kill(first.pid, signal)
      await first.ended

      const kept = await partialBytes(store)
      expect(kept).toBeGreaterThan(300_000)
      const second = await serveOn(store)
      expect(await second.client.pulls()).toMatchObject([{ id, order, state: 'interrupted' }])
      const again = await second.client.again(id)
      expect(again).toMatchObject({ resumes: id, order })
      expect(await endOf(second, again.id)).toMatchObject({ state: 'done', progress: { fraction: 1 } })

      // The large layer goes on where its file ended, and the small one is not asked for again.
      const [, resumed, ...more] = blobRequests(registry, large.digest)
      expect(resumed?.headers['range']).toBe(`bytes=${kept}-`)
      expect(more).toEqual([])
      expect(blobRequests(registry, small.digest)).toHaveLength(1)
      expect((await readFile(join(store, 'blobs', ...large.digest.split(':')))).equals(large.bytes)).toBe(
        true,
      )

      // Once resumed, it is not listed again.
      await second.stop()
      const third = await serveOn(store)
      expect(await third.client.pulls()).toEqual([])
      const past = await third.client.history()
      expect(past.map((pull) => [pull.id, pull.state])).toEqual([
        [again.id, 'done'],
        [id, 'interrupted'],
      ])
    },
  )

  it('leaves a history that is read although its last line is torn, and others of it are no JSON', async () => {
    const { store } = await workspace()
    const first = await serveOn(store)
    const directory = join(store, 'history')
    const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'))
    await first.stop()
    const start = { type: 'start', id: 'pull-a', order: { image: 'app:1' }, startedAt: 5 }
    const torn = JSON.stringify({ ...start, id: 'pull-b' }).slice(0, -5)
    await writeFile(
      join(directory, file),
      `no json\n${JSON.stringify(start)}\n{"type":"other"}\n\0\0\0\n${torn}`,
    )
    const second = await serveOn(store)
    expect(await second.client.pulls()).toMatchObject([{ id: 'pull-a', state: 'interrupted' }])
  })

  it('does not disturb another server on the same store, which does not list its running pulls', async () => {
    const registry = await startRegistry({ bytesPerSecond: 600_000 })
    onTestFinished(() => registry.close())
    await putImage(registry, 'app', '1', image)
    const { store } = await workspace()
    const first = await serveOn(store)
    const { id } = await first.client.pull(`${registry.host}/app:1`, { platform: 'linux/amd64' })
    await expect.poll(() => partialBytes(store), { timeout: 60_000 }).toBeGreaterThan(0)
    const second = await serveOn(store)
    expect(await second.client.pulls()).toEqual([])
    await second.stop()
    expect((await endOf(first, id)).state).toBe('done')
    const third = await serveOn(store)
    expect(await third.client.pulls()).toEqual([])
    expect(await third.client.history()).toMatchObject([{ id, state: 'done' }])
  })
})

/** Downloads that break off, and all the ways in which the rest of one can go wrong. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../lib/image/index.js'
import { type BuiltImage, putImage } from '../../lib/testing/images/index.js'
import {
  type Answer,
  type Fault,
  type TestRegistry,
  faults,
  problem,
} from '../../lib/testing/registry/index.js'
import { Store } from '../../lib/store/index.js'
import type { OpenOptions, Windlass } from '../../puller/index.js'
import { Workbench } from '../support/workbench.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  rangesOf,
  statuses,
  until,
  wanted,
} from '../support/watching.js'

const partialPath = (store: string, digest: Digest): string => join(store, 'partial', ...digest.split(':'))
const size = 300_000
const broken = 100_000

describe('a download that broke off', () => {
  const bench = new Workbench()

  interface Scene {
    readonly registry: TestRegistry
    readonly puller: Windlass
    readonly image: BuiltImage
    readonly digest: Digest
    readonly name: string
  }

  async function scene(options: OpenOptions = {}): Promise<Scene> {
    const registry = await bench.registry()
    const image = largeImage(size)
    await putImage(registry, 'team/app', '1', image)
    const { digest } = image.layers[0]!
    const puller = await bench.puller({ retries: 5, ...options })
    return { registry, puller, image, digest, name: `${registry.host}/team/app:1` }
  }

  /** The first request for the layer ends after `broken` bytes. */
  const breaksOff = (digest: Digest): Fault => faults.truncate(broken, { reference: digest, nth: 1 })

  async function expectWhole({ puller, image, digest }: Scene, rootfs: string | undefined): Promise<void> {
    const [layer] = image.layers
    const blob = await readFile(join(puller.store, 'blobs', ...digest.split(':')))
    expect(blob.equals(layer!.bytes)).toBe(true)
    expect((await stat(join(rootfs!, 'data0'))).size).toBe(size)
    expect(await readdir(join(puller.store, 'partial', 'sha256'))).toEqual([])
  }

  it('goes on where it stopped, and what came in two pieces is verified as one (S2-66, S2-67)', async () => {
    const all = await scene()
    all.registry.addFault(breaksOff(all.digest))
    const { done } = all.puller.pull(all.name, wanted)
    const { layers } = await done
    expect(rangesOf(all.registry, all.digest)).toEqual([undefined, `bytes=${broken}-`])
    expect(blobRequests(all.registry, all.digest)[1]!.headers['if-range']).toBe(`"${all.digest}"`)
    expect(blobRequests(all.registry, all.digest)[1]!.status).toBe(206)
    await expectWhole(all, layers[0]!.rootfs)
  })

  it('shows the bytes that were here as done, and the whole as the total (S2-72)', async () => {
    const { registry, puller, digest, name, image } = await scene()
    registry.addFault(breaksOff(digest))
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await pull.done
    const told = layerEvents(events, digest)
    const total = image.layers[0]!.size
    expect(new Set(told.map((event) => event.total))).toEqual(new Set([total]))
    const again = told.slice(told.findIndex(({ status }) => status === 'retrying'))
    expect(again[0]).toMatchObject({ status: 'retrying', current: broken, attempt: 2 })
    expect(again.every(({ current }) => current >= broken)).toBe(true)
    expect(statuses(events, digest)).not.toContain('restart')
  })

  const onRange =
    (answer: (bytes: Buffer) => Answer) =>
    ({ digest, registry }: Pick<Scene, 'digest' | 'registry'>): void =>
      registry.hook(({ reference, headers }) =>
        reference === digest && headers['range'] !== undefined ? answer(registry.blob(digest)!) : undefined,
      )
  const part = (bytes: Buffer, range: string | undefined, more: Record<string, string> = {}): Answer => ({
    status: 206,
    headers: { ...(range !== undefined && { 'content-range': range }), ...more },
    body: bytes.subarray(broken),
  })
  const total = (bytes: Buffer): number => bytes.length
  const good = (bytes: Buffer): string => `bytes ${broken}-${total(bytes) - 1}/${total(bytes)}`

  const wrongRanges: [string, (bytes: Buffer) => Answer, { readonly requests: number }][] = [
    ['the whole in place of a part', (bytes) => ({ status: 200, headers: {}, body: bytes }), { requests: 2 }],
    ['416', () => problem(416, 'RANGE_INVALID', 'no'), { requests: 3 }],
    ['400', () => problem(400, 'UNSUPPORTED', 'no ranges here'), { requests: 3 }],
    ['501', () => problem(501, 'UNSUPPORTED', 'no ranges here'), { requests: 3 }],
    ['204', () => ({ status: 204, headers: {}, body: Buffer.alloc(0) }), { requests: 3 }],
    ['no Content-Range', (bytes) => part(bytes, undefined), { requests: 3 }],
    ['a garbled Content-Range', (bytes) => part(bytes, `bytes ${broken}-`), { requests: 3 }],
    ['another range', (bytes) => part(bytes, `bytes 7-${total(bytes) - 1}/${total(bytes)}`), { requests: 3 }],
    [
      'a part of another size',
      (bytes) => part(bytes, `bytes ${broken}-${total(bytes)}/${total(bytes) + 1}`),
      { requests: 3 },
    ],
    [
      'several parts',
      (bytes) => part(bytes, undefined, { 'content-type': 'multipart/byteranges; boundary=x' }),
      { requests: 3 },
    ],
    ['a changed validator', (bytes) => part(bytes, good(bytes), { etag: '"another"' }), { requests: 3 }],
  ]
  it.each(wrongRanges)(
    '%s: starts over, in the same attempt (S2-68, S2-69)',
    async (_what, answer, { requests }) => {
      const all = await scene({ retries: 2 })
      all.registry.addFault(breaksOff(all.digest))
      onRange(answer)(all)
      const pull = all.puller.pull(all.name, wanted)
      const events = eventsOf(pull)
      const { layers } = await pull.done
      expect(blobRequests(all.registry, all.digest)).toHaveLength(requests)
      expect(rangesOf(all.registry, all.digest).slice(0, 3)).toEqual(
        [undefined, `bytes=${broken}-`, undefined].slice(0, requests),
      )
      expect(statuses(events, all.digest)).toContain('restart')
      await expectWhole(all, layers[0]!.rootfs)
    },
  )

  it('a refusal that has nothing to do with the range is not asked about again without one', async () => {
    const { registry, puller, digest, name } = await scene()
    registry.addFault(breaksOff(digest))
    onRange(() => problem(403, 'DENIED', 'no more'))({ registry, digest })
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'DENIED' })
    expect(blobRequests(registry, digest)).toHaveLength(2)
  })

  it('pieces that do not fit together are thrown away, and all of it comes again (S2-74)', async () => {
    const all = await scene()
    const { registry, digest } = all
    registry.addFault(breaksOff(digest))
    onRange((bytes) => {
      const { length } = bytes
      return part(Buffer.alloc(length, 7), `bytes ${broken}-${length - 1}/${length}`, { etag: `"${digest}"` })
    })(all)
    const pull = all.puller.pull(all.name, wanted)
    const events = eventsOf(pull)
    const { layers } = await pull.done
    expect(rangesOf(registry, digest)).toEqual([undefined, `bytes=${broken}-`, undefined])
    expect(
      layerEvents(events, digest)
        .filter(({ status }) => status === 'retrying')
        .at(-1),
    ).toMatchObject({
      attempt: 3,
      reason: expect.stringContaining(`filesystem layer verification failed for digest ${digest}`) as string,
    })
    await expectWhole(all, layers[0]!.rootfs)
  })

  it('wrong bytes that came in one piece are not tried again, and nothing of them is kept (S0-29, S1-22, S2-54, S2-74)', async () => {
    const { registry, puller, digest, name } = await scene()
    registry.addFault(faults.wrongByte(1000, { reference: digest, times: 9 }))
    const pull = puller.pull(name, wanted)
    await expect(pull.done).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`filesystem layer verification failed for digest ${digest}`) as string,
    })
    expect(blobRequests(registry, digest)).toHaveLength(1)
    await pull.closed()
    expect(await readdir(join(puller.store, 'partial', 'sha256'))).toEqual([])
    expect(await readdir(join(puller.store, 'blobs', 'sha256')).catch(() => [])).not.toContain(
      digest.slice(7),
    )
  })

  describe('before this pull', () => {
    const left = async (store: string, digest: Digest, bytes: Buffer): Promise<void> => {
      await mkdir(dirname(partialPath(store, digest)), { recursive: true })
      await writeFile(partialPath(store, digest), bytes)
    }
    const prepared = async (bytes: (whole: Buffer) => Buffer): Promise<Scene> => {
      const all = await scene()
      await (await Store.open(all.puller.store)).close()
      await all.puller.images() // opens the store
      await left(all.puller.store, all.digest, bytes(all.image.layers[0]!.bytes))
      return all
    }

    it('its bytes are gone on from (S2-66, S2-75, S3-17)', async () => {
      const all = await prepared((whole) => whole.subarray(0, 5000))
      const pull = all.puller.pull(all.name, wanted)
      const events = eventsOf(pull)
      const { layers } = await pull.done
      expect(rangesOf(all.registry, all.digest)).toEqual(['bytes=5000-'])
      expect(events.find(({ type }) => type === 'plan')).toMatchObject({
        layers: [{ action: 'resume', offset: 5000 }],
      })
      await expectWhole(all, layers[0]!.rootfs)
    })

    it('a partial download that is longer than the blob is emptied, and all comes in the same attempt (S2-71)', async () => {
      const all = await prepared((whole) => Buffer.concat([whole, Buffer.from('more')]))
      const { layers } = await all.puller.pull(all.name, wanted).done
      expect(rangesOf(all.registry, all.digest)).toEqual([undefined])
      await expectWhole(all, layers[0]!.rootfs)
    })

    it('one that is whole is verified, and nothing is asked for', async () => {
      const all = await prepared((whole) => whole)
      const { layers } = await all.puller.pull(all.name, wanted).done
      expect(rangesOf(all.registry, all.digest)).toEqual([])
      await expectWhole(all, layers[0]!.rootfs)
    })

    it('one of the right length with wrong bytes comes again at once', async () => {
      const all = await prepared((whole) => Buffer.alloc(whole.length, 1))
      const pull = all.puller.pull(all.name, wanted)
      const events = eventsOf(pull)
      const { layers } = await pull.done
      expect(rangesOf(all.registry, all.digest)).toEqual([undefined])
      expect(statuses(events, all.digest)).not.toContain('retrying')
      await expectWhole(all, layers[0]!.rootfs)
    })

    it('wrong bytes at its start are found out, whatever they did to the unpacking (S2-74)', async () => {
      const all = await prepared(() => Buffer.alloc(5000, 1))
      const { layers } = await all.puller.pull(all.name, wanted).done
      expect(rangesOf(all.registry, all.digest)).toEqual(['bytes=5000-', undefined])
      await expectWhole(all, layers[0]!.rootfs)
    })
  })

  it('a pull that fails or is cancelled keeps the bytes for the next one, and nothing else (S2-75, S0-73)', async () => {
    const { registry, puller, digest, name, image } = await scene({ retries: 1 })
    registry.addFault(breaksOff(digest))
    const failed = puller.pull(name, wanted)
    await expect(failed.done).rejects.toMatchObject({ code: 'NETWORK' })
    await failed.closed()
    const partials = join(puller.store, 'partial', 'sha256')
    expect((await readdir(partials)).sort()).toEqual([digest.slice(7), `${digest.slice(7)}.json`])
    expect((await stat(partialPath(puller.store, digest))).size).toBe(broken)

    registry.addFault(faults.stall(1000, { reference: digest, nth: 2 }))
    const cancelled = puller.pull(name, wanted)
    const events = eventsOf(cancelled)
    await until(() => layerEvents(events, digest).some(({ current }) => current > broken))
    cancelled.cancel()
    await expect(cancelled.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await cancelled.closed()
    expect((await stat(partialPath(puller.store, digest))).size).toBe(broken + 1000)
    const staging = join(puller.store, 'staging')
    for (const run of await readdir(staging)) {
      const left = await readdir(join(staging, run), { recursive: true })
      expect(left.filter((path) => path.includes('data0'))).toEqual([])
    }

    await puller.pull(name, wanted).done
    expect(rangesOf(registry, digest)).toEqual([undefined, `bytes=${broken}-`, `bytes=${broken + 1000}-`])
    expect(image.layers[0]!.size).toBeGreaterThan(size)
  })

  it('is gone on with by another process, after the first was killed (S2-66, S3-17)', async () => {
    const registry = await bench.registry({ bytesPerSecond: 200_000 })
    const image = largeImage(size)
    await putImage(registry, 'team/app', '1', image)
    const { digest } = image.layers[0]!
    const name = `${registry.host}/team/app:1`
    const store = bench.path()
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const args = ['cli/main.ts', 'pull', name, '--store', store, '--no-unpack', '--platform', 'linux/amd64']
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: root, stdio: 'ignore' })
    const exited = once(child, 'exit')
    let here = 0
    while (here < 50_000) {
      expect(child.exitCode).toBeNull()
      here = await stat(partialPath(store, digest)).then(
        (found) => found.size,
        () => 0,
      )
    }
    child.kill('SIGKILL')
    await exited
    const puller = await bench.puller({ store })
    await puller.pull(name, { ...wanted, unpack: false }).done
    const [first, second] = rangesOf(registry, digest)
    expect(first).toBeUndefined()
    expect(Number(/^bytes=(\d+)-$/.exec(second ?? '')?.[1])).toBeGreaterThanOrEqual(50_000)
    const blob = await readFile(join(store, 'blobs', ...digest.split(':')))
    expect(blob.equals(image.layers[0]!.bytes)).toBe(true)
  })

  it('one that stalls is broken off and gone on with (S0-85)', async () => {
    const { registry, puller, digest, name } = await scene({ stallTimeout: 200 })
    registry.addFault(faults.stall(broken, { reference: digest, nth: 1 }))
    await puller.pull(name, wanted).done
    expect(rangesOf(registry, digest)).toEqual([undefined, `bytes=${broken}-`])
  })

  it('one of a length that nobody tells needs none (S2-70)', async () => {
    const { registry, puller, digest, name, image } = await scene()
    registry.addFault(faults.chunked({ reference: digest }))
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await pull.done
    expect(blobRequests(registry, digest)).toHaveLength(1)
    expect(layerEvents(events, digest)[0]!.total).toBe(image.layers[0]!.size)
  })

  it('one that does not end after its last byte is done all the same', async () => {
    const { registry, puller, digest, name, image } = await scene({ stallTimeout: 200, retries: 1 })
    registry.addFault(faults.chunked({ reference: digest }))
    registry.addFault(faults.stall(image.layers[0]!.size, { reference: digest }))
    await puller.pull(name, wanted).done
    expect(blobRequests(registry, digest)).toHaveLength(1)
  })

  it('a body without end costs no more than the size of the blob, and fails', async () => {
    const { registry, puller, digest, name, image } = await scene()
    let sent = 0
    const endless = createServer((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024)
      const go = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', go).on('error', () => undefined)
      go()
    })
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
    const { port } = endless.address() as AddressInfo
    registry.addFault(faults.redirect(`http://127.0.0.1:${port}/`, { reference: digest }))
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    const after = sent
    expect(after).toBeLessThan(image.layers[0]!.size + 16 * 1024 * 1024) // what the kernel's buffers hold
    expect(
      await stat(partialPath(puller.store, digest)).then(
        (found) => found.size,
        () => 0,
      ),
    ).toBeLessThanOrEqual(image.layers[0]!.size)
    await new Promise<void>((resolve) => {
      endless.close(() => resolve())
      endless.closeAllConnections()
    })
    expect(sent).toBeLessThan(image.layers[0]!.size + 16 * 1024 * 1024)
  })
})

/** A disk that is really full: of bytes, before a pull, during its download and while it unpacks; and of inodes. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltImage, type LayerEntry, buildImage, putImage } from '../../lib/testing/images/index.js'
import { formatBytes } from '../../lib/quantities.js'
import { startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { expectReported } from '../../testbench/harness/disk-words.js'
import { describeSmallDisk, SmallDisk } from '../../testbench/harness/small-disk.js'

const MiB = 1 << 20

await describeSmallDisk('a full disk', () => {
  let disk: SmallDisk
  let registry: TestRegistry
  let earlier: string

  const image = (...entries: LayerEntry[]): BuiltImage =>
    buildImage({ layers: [{ entries: [{ path: 'etc/base', content: 'base' }] }, { entries }] })
  const put = async (name: string, built: BuiltImage): Promise<string> => {
    await putImage(registry, name, '1', built)
    return `${registry.host}/${name}:1`
  }
  const pull = (name: string) => disk.windlass('pull', '-q', '--platform', 'linux/amd64', name)
  const layerRequests = ({ layers }: BuiltImage) =>
    registry.requests.filter(
      ({ kind, reference, method }) =>
        [kind, method, reference].join() === ['blob', 'GET', layers.at(-1)!.digest].join(),
    )

  /** The last layer comes when the first is committed: else either may be the one that finds the disk full. */
  const oneAfterTheOther = ({ layers }: BuiltImage): void =>
    registry.hook(async ({ kind, reference, method }) => {
      if (kind !== 'blob' || method !== 'GET' || reference !== layers.at(-1)!.digest) return undefined
      const first = join(disk.localPath, 'store', 'layers', ...layers[0]!.diffID.split(':'))
      while (!existsSync(first)) await setTimeout(5)
      return undefined
    })

  beforeAll(async () => {
    registry = await startRegistry()
    disk = await SmallDisk.mount('size=3m')
    earlier = await put('earlier', buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] }))
    expect((await pull(earlier)).exit).toBe(0)
  })
  afterAll(async () => {
    disk.unmount()
    await registry.close()
  })

  /** What was here is whole, and nothing is left of what was tried. */
  async function expectSound(images = 1): Promise<void> {
    const { exit, stdout, stderr } = await disk.windlass('verify')
    expect([exit, stderr], stdout).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^Verified ${images} images?: .*, 0 problems$`, 'm'))
    expect(readdirSync(join(disk.localPath, 'store', 'staging'))).toEqual([])
  }

  /** With room, it comes, and `most` bytes at most of its last layer; then it is away again. */
  async function expectToCome(name: string, built: BuiltImage, options: string): Promise<string[]> {
    disk.remount(options)
    const { length: before } = layerRequests(built)
    const { exit, stdout, stderr } = await pull(name)
    expect([exit, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`${name}@${built.manifest.digest}\n`)
    await expectSound(2)
    const ranges = layerRequests(built)
      .slice(before)
      .map(({ headers }) => String(headers.range))
    expect((await disk.windlass('rm', name)).exit).toBe(0)
    expect((await disk.windlass('gc')).exit).toBe(0)
    return ranges
  }

  it('is seen before the first byte of a layer is asked for, with how much is needed and how much is free', async () => {
    const built = image({ path: 'random', content: randomBytes(5 * MiB) })
    const name = await put('too-large', built)
    expectReported(
      await pull(name),
      new RegExp(
        `too-large:1: its layers take ${formatBytes(built.layers.reduce((sum, { size }) => sum + size, 0))}, ` +
          `and \\d\\.\\d+ MB are free at ${disk.path}/store$`,
      ),
      /^ {2}Free some space/,
    )
    expect(layerRequests(built)).toEqual([])
    await expectSound()
    await expectToCome(name, built, 'size=16m')
    disk.remount('size=3m')
  })

  it('that fills up while a layer unpacks costs no second download', async () => {
    const built = image({ path: 'fill/zeros', content: Buffer.alloc(8 * MiB, 'zero') })
    const name = await put('unpacks', built)
    oneAfterTheOther(built)
    expectReported(
      await pull(name),
      new RegExp(
        `Layer ${built.layers[1]!.digest}: Unpacking "fill/zeros" into ${disk.path}/store/staging/\\S+ failed: no space left \\(ENOSPC, write\\)$`,
      ),
      /Free some space .* Images that are already in the store are intact\.$/,
    )
    await expectSound()
    expect(await expectToCome(name, built, 'size=32m')).toEqual([])
    disk.remount('size=3m')
  })

  it('that another program fills while a layer comes leaves the bytes that came, to go on from', async () => {
    const built = image({ path: 'random', content: randomBytes(MiB) })
    const name = await put('is-filled', built)
    oneAfterTheOther(built)
    const filler = join(disk.localPath, 'filler')
    registry.hook(({ kind, reference, method }) => {
      if (kind !== 'blob' || method !== 'GET' || reference !== built.layers[1]!.digest || existsSync(filler))
        return undefined
      const { bfree, bsize } = statfsSync(disk.localPath)
      writeFileSync(filler, Buffer.alloc(bfree * bsize - 256 * 1024))
      return undefined
    })
    expectReported(
      await pull(name),
      new RegExp(
        `Writing a download failed at ${disk.path}/store/partial/${built.layers[1]!.digest.replace(':', '/')}: no space left$`,
      ),
      /^ {2}Free some space/,
    )
    rmSync(filler)
    await expectSound()
    writeFileSync(filler, '')
    const [range, ...more] = await expectToCome(name, built, 'size=16m')
    expect(range).toMatch(/^bytes=[1-9]\d{4,5}-$/)
    expect(more).toEqual([])
    rmSync(filler)
    disk.remount('size=3m')
  })

  it('of inodes is told as such', async () => {
    const files = Array.from({ length: 500 }, (_, at) => ({ path: `many/${at}`, content: '' }))
    const built = image(...files)
    const name = await put('many', built)
    oneAfterTheOther(built)
    disk.remount('size=16m,nr_inodes=300')
    expectReported(
      await pull(name),
      /Unpacking "many\/\d+" into \S+ failed: no space left \(ENOSPC, open\)$/,
      /df -i for inodes/,
    )
    await expectSound()
    expect(await expectToCome(name, built, 'nr_inodes=4000')).toEqual([])
  })
})

/** The check of the free space, on a small real disk. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statfsSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastValueFrom } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { formatBytes } from '../../../../lib/quantities.js'
import { checkSpace } from '../../../../lib/stages/policy/check-space.js'
import { buildImage, putImage } from '../../../../lib/testing/images/index.js'
import { runStage } from '../../../support/run-stage.js'
import { Workbench, asked, imageOf } from '../../../support/workbench.js'

const mounted: string[] = []

/** Undefined if this process is not allowed to mount. */
function smallDisk(directory: string, bytes: number): string | undefined {
  mkdirSync(directory, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  mounted.push(directory)
  return directory
}

const mib = 1024 ** 2
const canMount = process.platform === 'linux' && process.getuid?.() === 0

describe('space for a pull', () => {
  const bench = new Workbench()
  afterAll(() => {
    for (const directory of mounted) execFileSync('umount', ['-l', directory])
  })

  it.skipIf(!canMount)('is looked for before the first byte of a layer', async (context) => {
    const store = smallDisk(bench.path(), 2 * mib)
    if (store === undefined) return context.skip()
    const big = buildImage({ layers: [{ entries: [{ path: 'big', content: randomBytes(3 * mib) }] }] })
    const registry = await bench.registry()
    await putImage(registry, 'big', '1', big)
    await putImage(registry, 'small', '1', imageOf(['small']))
    const puller = await bench.puller({ store })
    const failed = puller.pull(`${registry.host}/big:1`, { platform: 'linux/amd64' })
    await expect(failed.done).rejects.toMatchObject({
      code: 'STORE_FULL',
      exitCode: 7,
      message: expect.stringMatching(
        `its layers take ${formatBytes(big.layers[0]!.size).replace('.', '\\.')}, and [12]\\.\\d+ MB are free at `,
      ) as string,
    })
    await failed.closed()
    expect(asked(registry)).not.toContain(`blob ${big.layers[0]!.digest}`)
    await puller.pull(`${registry.host}/small:1`, { platform: 'linux/amd64' }).done
  })

  it.each([
    ['download', 0, false],
    ['resume', 2 ** 52 - 10, true],
    ['exists', 2 ** 52, true],
  ])('is needed for what is left to download: %s from byte %d', async (action, offset, isEnough) => {
    const image = { request: { name: 'app' }, layers: [{ action, offset, descriptor: { size: 2 ** 52 } }] }
    const scope = new Scope()
    const checked = lastValueFrom(
      Flow.of(image as never)
        .pipe(checkSpace({ directory: tmpdir() }))
        .toObservable(scope),
    )
    if (isEnough) expect(await checked).toBe(image)
    else await expect(checked).rejects.toMatchObject({ code: 'STORE_FULL' })
    await scope.close()
  })

  const check = (directory: string, size: number) =>
    runStage(checkSpace({ directory }), {
      request: { name: 'app' },
      layers: [{ action: 'download', offset: 0, descriptor: { size } }],
    } as never)

  it.skipIf(!canMount)('is enough if it is exactly what the layers take', async (context) => {
    const disk = smallDisk(bench.path(), mib)
    if (disk === undefined) return context.skip()
    const { bfree, bsize } = statfsSync(disk)
    await check(disk, bfree * bsize)
    await expect(check(disk, bfree * bsize + 1)).rejects.toMatchObject({ code: 'STORE_FULL' })
  })

  it('is assumed if the disk does not tell', async () => {
    await check(join(bench.path(), 'missing'), 2 ** 52)
    // A file system without blocks.
    if (existsSync('/proc/self')) await check('/proc', 2 ** 52)
  })
})

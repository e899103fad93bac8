/** `rm`, `gc` and `verify` as a user meets them. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import { locksAvailable } from '../../lib/system/index.js'
import { Workbench, blobPath, imageOf } from '../support/workbench.js'
import { windlass } from '../support/cli/test-terminal.js'

describe('the commands of the store', () => {
  const bench = new Workbench()
  const image = imageOf(['base'])
  let registry: TestRegistry
  let store: string
  let name: string
  const run = (...argv: string[]) => windlass([argv[0]!, '--store', store, ...argv.slice(1)])

  beforeEach(async () => {
    registry = await bench.registry()
    await putImage(registry, 'app', '1', image)
    store = bench.path()
    name = `${registry.host}/app:1`
    expect((await run('pull', '-q', '--platform', 'linux/amd64', name)).code).toBe(0)
  })

  it('rm tells what it took away, and ends with 4 where there was nothing', async () => {
    expect(await run('rm', name, `${registry.host}/none:1`)).toMatchObject({
      code: 4,
      out: `${name}\n`,
      err: expect.stringContaining('The store has no image') as string,
    })
    const { code, out } = await run('rm', '--json', name)
    expect([code, JSON.parse(out)]).toMatchObject([4, { name, error: { code: 'IMAGE_UNKNOWN' } }])
    expect((await run('images', '--json')).out).toBe('[]\n')
  })

  it('rm ends with the code of the first failure, whichever names follow', async () => {
    expect(await run('rm', `${registry.host}/none:1`, name)).toMatchObject({ code: 4, out: `${name}\n` })
    expect(await run('rm', '', `${registry.host}/none:1`)).toMatchObject({ code: 2, out: '' })
  })

  it('gc tells what would go, and what went', async () => {
    expect((await run('gc')).out).toBe('Removed 0 objects, 0 B\n')
    await run('rm', name)
    const { out } = await run('gc', '--dry-run')
    expect(out).toMatch(/^KIND +DIGEST +SIZE\n/)
    expect(out).toMatch(/\nWould remove 4 objects, [\d.]+ kB\n$/)
    const collected = JSON.parse((await run('gc', '--json')).out) as { removed: { digest: string }[] }
    expect(collected).toMatchObject({ dryRun: false })
    expect(collected.removed.map(({ digest }) => digest)).toContain(image.layers[0]!.diffID)
    expect((await run('gc')).out).toBe('Removed 0 objects, 0 B\n')
    expect((await run('gc', '--keep-partials', 'all')).code).toBe(2)
  })

  it.skipIf(!locksAvailable())(
    'gc counts what a killed process left, in the store and beside its target',
    async () => {
      const dead = join(store, 'staging', '0123456789abcdef')
      const parent = bench.path()
      const left = join(parent, '.tree.windlass-0123456789ab')
      await mkdir(join(left, 'rootfs'), { recursive: true, mode: 0o700 })
      await mkdir(dead)
      const token = '0'.repeat(32)
      await writeFile(join(left, 'lock'), `windlass unfinished tree ${token}`)
      await writeFile(join(left, 'rootfs', 'large'), Buffer.alloc(2_000_000, 'x'))
      await writeFile(join(dead, 'trees'), `\n${JSON.stringify({ path: left, token })}`)
      await writeFile(join(dead, 'blob'), Buffer.alloc(1_000_000, 'x'))
      const { out } = await run('gc')
      expect(out).toMatch(/^Removed 0 objects, 0 B\nRemoved files of killed processes, 3\.\d+ MB\n$/)
      expect(await readdir(parent)).toEqual([])
      expect((await run('gc')).out).toBe('Removed 0 objects, 0 B\n')
      expect(JSON.parse((await run('gc', '--json')).out)).toMatchObject({
        leftovers: { processes: 0, bytes: 0 },
      })
    },
  )

  it('pull keeps of what broke off what it is told to keep', async () => {
    const other = imageOf(['other'])
    await putImage(registry, 'other', '1', other)
    registry.addFault(faults.truncate(20, { reference: other.layers[0]!.digest, times: Infinity }))
    const pull = (...more: string[]) =>
      run('pull', '-q', '--retries', '1', '--platform', 'linux/amd64', ...more, `${registry.host}/other:1`)
    const left = () => readdir(join(store, 'partial', 'sha256'))
    expect((await pull()).code).toBe(6)
    expect(await left()).toHaveLength(2)
    expect((await pull('--keep-partials', '0')).code).toBe(6)
    expect(await left()).toEqual([])
    expect((await pull()).code).toBe(6)
    expect((await run('gc', '--keep-partials', '0')).out).toContain('Removed 1 object, 20 B')
    expect(await left()).toEqual([])
    expect((await pull('--keep-partials', '1G')).code).toBe(2)
  })

  it('verify ends with 7 and names what is damaged, and with 0 once it is repaired', async () => {
    expect(await run('verify')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^Verified 1 image: 3 blobs \(.*\), 1 unpacked layer, 0 problems\n$/,
      ) as string,
    })
    const { digest } = image.layers[0]!
    const path = blobPath(store, digest)
    const bytes = await readFile(path)
    await writeFile(path, bytes.fill(0, bytes.length - 9))
    const found = await run('verify')
    expect(found.code).toBe(7)
    expect(found.out).toContain(`damaged  layer ${digest}: its content has the digest sha256:`)
    expect(found.out).toContain(`${path}, needed by ${name}\n`)
    expect(found.err).toContain('windlass verify --repair')
    const { code, out } = await run('verify', '--repair', '--json')
    expect([code, JSON.parse(out)]).toMatchObject([0, { problems: [{ digest, repaired: true }] }])
    expect((await run('verify')).code).toBe(0)
  })

  it('each shows examples', async () => {
    for (const command of ['rm', 'gc', 'verify'])
      expect((await windlass([command, '--help'])).out).toContain(`Examples:\n  windlass ${command}`)
  })
})

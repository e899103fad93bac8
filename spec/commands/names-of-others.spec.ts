/** What other tools call their images in the store: listed, and taken by every command as it is listed. */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, blobPath, imageOf } from '../support/workbench.js'
import { windlass } from '../support/cli/test-terminal.js'

const refName = 'org.opencontainers.image.ref.name'

interface Listed {
  readonly name?: string
  readonly digest?: string
  readonly entry: string
  readonly problem?: { readonly kind: string; readonly why: string }
}

describe('an image that another tool put into the store', () => {
  const bench = new Workbench()
  const image = imageOf(['base'])
  let store: string
  const run = (command: string, ...words: string[]) => windlass([command, '--store', store, ...words])
  const inspect = (word: string) => run('inspect', '--platform', 'linux/amd64', '--', word)

  /** The store's image under these entries alone: a name, no name, or an entry as it stands. */
  async function entriesAre(...entries: unknown[]): Promise<void> {
    const path = join(store, 'index.json')
    const { digest, mediaType, bytes } = { ...image.manifest }
    const descriptor = { mediaType, digest, size: bytes.length }
    const manifests = entries.map((entry) =>
      typeof entry !== 'string' && entry !== undefined
        ? entry
        : { ...descriptor, ...(entry !== undefined && { annotations: { [refName]: entry } }) },
    )
    await writeFile(path, JSON.stringify({ schemaVersion: 2, manifests }))
  }
  const listed = async (): Promise<Listed[]> => JSON.parse((await run('images', '--json')).out) as Listed[]

  beforeEach(async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', image)
    store = bench.path()
    const { code } = await run('pull', '-q', '--platform', 'linux/amd64', `${registry.host}/app:1`)
    expect(code).toBe(0)
    await registry.close()
  })

  const names = [
    'MyApp',
    'v1.0+build',
    'a b',
    '',
    "it's",
    '-x',
    'a\u001b[31mb',
    'ü',
    'latest',
    'x'.repeat(600),
  ]
  it.each(names)(
    'is taken as %j by rm, unpack and verify, and by inspect and pull where it is no reference',
    async (name) => {
      await entriesAre(name, 'other')
      expect((await listed()).map((each) => each.name)).toEqual([name, 'other'])
      const line = (await run('images')).out.split('\n').find((each) => !/^(NAME|other) /.test(each))!
      const shown = line.slice(0, line.indexOf(image.config.digest.slice(7, 19))).trimEnd()
      expect(shown).toMatch(/^[\x20-\x7eü…]+$/)
      const words = name === '' ? [''] : [...new Set([name, shown])]
      for (const word of words) {
        const target = bench.path()
        expect(await run('unpack', '-q', '--platform', 'linux/amd64', '--', word, target)).toMatchObject({
          code: 0,
        })
        expect(await readFile(join(target, 'base'), 'utf8')).toBe('this is base')
      }
      if (name !== 'latest') {
        expect(await inspect(name)).toMatchObject({ code: 0, err: '' })
        const { code, out } = await run('pull', '-q', '--platform', 'linux/amd64', '--', name)
        expect([code, out]).toEqual([0, expect.stringContaining(`@${image.manifest.digest}\n`) as string])
        expect((await listed()).map((each) => each.name)).toEqual([name, 'other'])
      }
      expect((await run('verify')).code).toBe(0)
      expect((await run('rm', '--', words.at(-1)!)).code).toBe(0)
      expect((await listed()).map((each) => each.name)).toEqual(['other'])
    },
  )

  it('goes by its digest, or the start of it, where it has no name', async () => {
    await entriesAre('other', undefined)
    const { digest } = image.manifest
    expect((await run('images')).out).toMatch(/^<none> +sha256:[0-9a-f]{12} +[0-9]/m)
    const target = bench.path()
    expect((await run('unpack', '-q', '--platform', 'linux/amd64', digest, target)).code).toBe(0)
    expect((await inspect(digest)).code).toBe(0)
    expect(await run('rm', digest.slice(0, 19))).toMatchObject({ code: 0, out: `${digest}\n` })
    expect((await listed()).map((each) => each.name)).toEqual(['other'])
  })

  it('is not taken by a digest that stands for several names, which are told', async () => {
    await entriesAre('one', 'two')
    expect(await run('rm', image.manifest.digest)).toMatchObject({
      code: 2,
      err: expect.stringContaining('matches 2 images of the store: one, two') as string,
    })
    expect(await listed()).toHaveLength(2)
  })

  it('is named by what stands in the list also where its entry is no entry at all', async () => {
    await entriesAre(7, {}, { digest: 'nonsense' }, 'good')
    const all = await listed()
    expect(all.map(({ problem }) => problem?.kind)).toEqual([
      'unreadable',
      'unreadable',
      'unreadable',
      undefined,
    ])
    const { code, out } = await run('verify')
    expect([code, out]).toEqual([7, expect.stringContaining('damaged  name') as string])
    expect((await run('gc')).code).toBe(7)
    for (const { entry } of all.slice(0, 3)) expect((await run('rm', entry)).code).toBe(0)
    expect((await run('verify')).code).toBe(0)
    expect((await run('gc')).code).toBe(0)
  })

  it('tells what is not there of it, and how to bring it or be rid of it', async () => {
    await entriesAre('a b')
    await rm(blobPath(store, image.manifest.digest))
    expect(await listed()).toMatchObject([{ name: 'a b', problem: { kind: 'missing' } }])
    expect((await run('images')).out).toMatch(/^a b +[0-9a-f]{12} +missing +- +- +- +-$/m)
    for (const command of [['pull'], ['unpack', bench.path()]]) {
      const [name = '', ...rest] = command
      expect(await run(name, '-q', 'a b', ...rest)).toMatchObject({
        code: 7,
        err: expect.stringContaining("“windlass rm 'a b'”") as string,
      })
    }
    expect((await run('verify')).out).toContain('it is missing')
    expect((await run('verify', '--repair')).out).toContain("“windlass rm 'a b'”")
    expect((await run('gc')).err).toContain("“windlass rm 'a b'”")
    expect((await run('rm', 'a b')).code).toBe(0)
    expect((await run('gc')).code).toBe(0)
  })

  it('keeps what it leads to, whatever algorithm its own digest is of', async () => {
    const { bytes, mediaType } = image.manifest
    const digest = `blake3:${'ab'.repeat(32)}`
    await entriesAre({ mediaType, digest, size: bytes.length, annotations: { [refName]: 'b3' } })
    expect((await run('gc')).err).toContain('“windlass rm b3”')
    await mkdir(join(store, 'blobs', 'blake3'))
    await writeFile(join(store, 'blobs', ...digest.split(':')), bytes)
    expect((await run('gc')).code).toBe(0)
    const blobs = await readdir(join(store, 'blobs', 'sha256'))
    expect(blobs.map((hex) => `sha256:${hex}`)).toContain(image.layers[0]!.digest)
    expect((await run('verify')).code).toBe(0)
  })
})

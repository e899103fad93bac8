/** Tests the output of `windlass gc`. */
import { describe, expect, it } from 'vitest'
import { buildImage, tinyImage } from '../../../lib/testing/index.js'
import { storeWithImages } from '../../support/cli/store-with-images.js'
import { windlass } from '../../support/cli/test-terminal.js'

const image = tinyImage()
const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })
const [name, leased] = ['example.com/team/app:1', 'example.com/team/leased:1']

describe('windlass gc', async () => {
  const store = await storeWithImages({ [name]: image, [leased]: other })
  const run = (...args: string[]) => windlass([...args, '--store', store])
  const blobs = [image.config, image.manifest, ...image.layers].map(({ digest }) => digest).sort()
  await run('lease', 'add', leased, '--owner', 'ci')

  it('removes no image without a rule', async () => {
    expect(await run('gc')).toMatchObject({ code: 0, out: 'Removed 0 objects, 0 B\n' })
  })

  it.each([
    ['Would remove', ['--dry-run']],
    ['Removed', []],
    ['Removed', []],
  ])('says what it %s, and which image stays and why: %j', async (done, flags) => {
    const before = (await run('images')).out.includes(name)
    const { code, out, err } = await run('gc', '--unused-for', '0s', ...flags)
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    if (before) {
      expect(lines[0]).toMatch(`${done} ${name}, last used `)
      expect(lines.flatMap((line) => /sha256:\w+/.exec(line)?.[0] ?? []).sort()).toEqual(blobs)
      expect(lines.at(-1)).toMatch(new RegExp(`^${done} 1 image, 3 objects, \\d+ B$`))
    } else expect(out).toBe('Removed 0 objects, 0 B\n')
    expect(err).toMatch(new RegExp(`${leased} stays: .* of ci until .* holds it`))
    expect((await run('images')).out.includes(name)).toBe(before && flags.length > 0)
  })

  it('prints one JSON object', async () => {
    const { out } = await run('gc', '--json', '--keep-storage', '0')
    expect(JSON.parse(out)).toMatchObject({
      ...{ dryRun: false, removed: [], images: [] },
      kept: [{ names: [leased], reason: { kind: 'lease', owner: 'ci' } }],
    })
  })

  it('removes leases that have ended, and then their images', async () => {
    const { out } = await run('lease', 'ls', '--json')
    const [{ id } = { id: '' }] = (JSON.parse(out) as { leases: { id: string }[] }).leases
    expect(await run('lease', 'rm', id)).toMatchObject({ code: 0, out: `${id}\n` })
    const ended = (await run('lease', 'add', leased, '--owner', 'short', '--for', '1s')).out.trim()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const collected = await run('gc', '--unused-for', '0s')
    expect(collected.out).toContain(`Removed ${leased}, last used`)
    expect(collected.out).toMatch(/Removed the lease \w+ of short until .*, which has ended/)
    expect((await run('lease', 'ls')).out).not.toContain(ended)
  })
})

/** `images`, `gc` with limits, `lease`, `du`, `tag` and `history` as a user meets them. */
import { utimes } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage, putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { run as runWindlass } from '../../cli/program.js'
import { Output } from '../../cli/terminal/output.js'
import { TestTerminal, windlass } from '../support/cli/test-terminal.js'
import { Workbench, blobPath } from '../support/workbench.js'

const imageOf = (name: string): BuiltImage =>
  buildImage({
    layers: [
      { entries: [{ path: 'base', content: 'b'.repeat(40_000) }], createdBy: 'ADD base' },
      {
        entries: [{ path: name, content: name.repeat(20_000) }],
        createdBy: `COPY ${name} into the image, ${'x'.repeat(60)}`,
      },
    ],
    config: { created: new Date(Date.now() - 5 * 86_400_000).toISOString() },
  })

describe('keeping house', () => {
  const bench = new Workbench()
  const [app, tool] = [imageOf('app'), imageOf('tool')]
  let registry: TestRegistry
  let store: string
  const run = (...words: string[]) => windlass([...words, '--store', store])
  const nameOf = (name: string): string => `${registry.host}/team/${name}:1`

  beforeEach(async () => {
    registry = await bench.registry()
    store = bench.path()
    for (const [name, image] of Object.entries({ app, tool })) {
      await putImage(registry, `team/${name}`, '1', image)
      expect((await run('pull', '-q', '--platform', 'linux/amd64', nameOf(name))).code).toBe(0)
    }
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000 - 1_000)
    await utimes(blobPath(store, app.manifest.digest), twoDaysAgo, twoDaysAgo)
  })

  it('lists images with ID, sizes, age and last use', async () => {
    const [head, first, second] = (await run('images')).out.split('\n')
    expect(head).toMatch(/^NAME +ID +SIZE +SHARED +PLATFORMS +AGE +USED$/)
    const id = app.config.digest.slice(7, 19)
    expect(first).toMatch(
      new RegExp(`^${nameOf('app')} +${id} +[\\d.]+ kB +[\\d.]+ kB +linux/amd64 +5d +2d$`),
    )
    expect(second).toMatch(/ linux\/amd64 +5d +\d+s$/)
  })

  it('fits the list into a terminal, where names are short', async () => {
    await run('tag', nameOf('app'), 'app')
    const terminal = new TestTerminal()
    const stream = Object.assign(terminal.stderr, { isTTY: true, columns: 75 })
    Object.assign(terminal, { output: new Output(stream) })
    expect(await runWindlass(['images', '--store', store], terminal)).toBe(0)
    const lines = terminal.err.trimEnd().split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(75)
    expect(lines[1]).toMatch(/^\.\.\.\S*\/app:1 /)
    expect(lines[3]).toMatch(/^app:latest /)
  })

  it('prints a template for each image', async () => {
    const { out } = await run('images', '--format', '{{.Repository}} {{.Tag}} {{.ID}} {{.Platform}} {{.Age}}')
    expect(out.split('\n')[0]).toBe(
      `${nameOf('app').slice(0, -2)} 1 ${app.config.digest.slice(7, 19)} linux/amd64 5d`,
    )
    expect((await run('images', '--format', '{{.ID', '--json')).code).toBe(2)
    expect((await run('images', '--format', '{{.ID')).code).toBe(2)
  })

  it('keeps what scripts read in --json, and adds to it', async () => {
    const [first] = JSON.parse((await run('images', '--json')).out) as Record<string, unknown>[]
    expect(first).toMatchObject({ name: nameOf('app'), platform: 'linux/amd64', imageId: app.config.digest })
    for (const field of ['size', 'storedSize', 'sharedSize', 'lastUsedAt'])
      expect(first![field]).toBeTypeOf('number')
    expect(first!['created']).toMatch(/^20\d\d-/)
  })

  it('gc removes what was not used for a time, and prints the names', async () => {
    const plan = await run('gc', '--unused-for', '24h', '--dry-run')
    expect(plan.out).toContain(`Would remove ${nameOf('app')}, last used 2d ago\n`)
    expect(plan.out).toMatch(/\nWould remove 1 image, 4 objects, [\d.]+ kB\n$/)
    expect((await run('gc', '--unused-for', '3d')).out).toBe('Removed 0 objects, 0 B\n')
    const { out } = await run('gc', '--unused-for', '1d12h')
    expect(out).toBe(plan.out.replaceAll('Would remove', 'Removed'))
    expect((await run('images', '--format', '{{.Name}}')).out).toBe(`${nameOf('tool')}\n`)
    expect((await run('verify')).code).toBe(0)
  })

  it('gc removes the least recently used images until the rest fits', async () => {
    expect((await run('gc', '--keep-storage', '1G')).out).toBe('Removed 0 objects, 0 B\n')
    const { bytes } = JSON.parse((await run('gc', '--dry-run', '--json', '--keep-storage', '0')).out) as {
      readonly bytes: number
    }
    const { out } = await run('gc', '--keep-storage', String(bytes - 1), '--json')
    expect(JSON.parse(out)).toMatchObject({ dryRun: false, images: [{ names: [nameOf('app')] }], kept: [] })
    expect((await run('gc', '--keep-storage', '1.5GB', '--unused-for', '0s')).code).toBe(0)
  })

  it.each([
    ['--keep-storage', 'much', 'a size, such as 500M or 20G'],
    ['--keep-storage', '-1', 'a size'],
    ['--unused-for', '7', 'a duration, such as 90s, 1h30m or 7d'],
  ])('gc refuses %s %s', async (option, value, says) => {
    expect(await run('gc', `${option}=${value}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining(says) as string,
    })
  })

  it('leases an image by its ID, and says which lease holds it', async () => {
    const { code, out } = await run(
      'lease',
      'add',
      app.config.digest.slice(7, 19),
      '--owner',
      'build 17',
      '--for',
      '2h',
    )
    const id = out.trim()
    expect([code, id]).toEqual([0, expect.stringMatching(/^[0-9a-f]{16}$/)])
    expect((await run('lease', 'ls')).out).toMatch(
      new RegExp(`^ID +OWNER +IMAGE +ENDS\n${id} +build 17 +${nameOf('app')} +20\\S+Z\n$`),
    )
    const kept = await run('gc', '--keep-storage', '0')
    expect(kept.err).toMatch(
      new RegExp(`^${nameOf('app')} stays: the lease ${id} of build 17 until 20\\S+Z holds it\n$`),
    )
    const removed = await run('rm', nameOf('app'))
    expect(removed).toMatchObject({ code: 0, out: `${nameOf('app')}\n` })
    expect(removed.err).toContain(`The content of ${nameOf('app')} stays in the store: the lease ${id}`)
    expect((await run('gc')).out).toBe('Removed 0 objects, 0 B\n')
    expect(await run('lease', 'rm', id, 'ffffffffffffffff')).toMatchObject({
      code: 4,
      out: `${id}\n`,
      err: expect.stringContaining('The store has no lease ffffffffffffffff') as string,
    })
    expect((await run('gc')).out).toMatch(/Removed 6 objects/)
  })

  it('leases without an end, and refuses one without an owner', async () => {
    await run('lease', 'add', nameOf('app'), '--owner', 'base', '--for', 'none')
    expect((await run('lease', 'ls')).out).toMatch(/ never\n$/)
    const { leases } = JSON.parse((await run('lease', 'ls', '--json')).out) as { readonly leases: object[] }
    expect(leases).toMatchObject([{ owner: 'base', expired: false }])
    expect((await run('lease', 'add', nameOf('app'))).code).toBe(2)
    expect((await run('lease', 'add', nameOf('app'), '--owner', 'a', '--for', 'ever')).code).toBe(2)
    expect((await run('lease', 'add', 'none:1', '--owner', 'a')).code).toBe(4)
  })

  it('tells of a lease that has ended, which gc removes', async () => {
    await run('lease', 'add', nameOf('app'), '--owner', 'ci', '--for', '1ms')
    expect((await run('lease', 'ls')).out).toMatch(/ ended\n$/)
    expect((await run('gc')).out).toMatch(
      /^Removed the lease \w+ of ci until \S+, which has ended\nRemoved 0 /,
    )
    expect((await run('lease', 'ls')).out).toBe('ID  OWNER  IMAGE  ENDS\n')
  })

  it('says what takes the space', async () => {
    await run('rm', nameOf('app'))
    const { out } = await run('du')
    expect(out).toMatch(/^KIND +COUNT +SIZE +RECLAIMABLE\nblobs +7 /)
    expect(out).toMatch(/\nunpacked layers +3 +[\d.]+ kB +[\d.]+ kB\n/)
    const { reclaimable, total, layers } = JSON.parse((await run('du', '--json')).out) as Record<
      string,
      unknown
    >
    expect(reclaimable).toBe(
      (JSON.parse((await run('gc', '--dry-run', '--json')).out) as { bytes: number }).bytes,
    )
    expect(total).toBeGreaterThan((layers as { bytes: number }).bytes)
    expect((await run('du', '--images')).out).toMatch(
      new RegExp(
        `\n\nNAME +ID +SIZE +SHARED +UNIQUE +USED\n${nameOf('tool')} +${tool.config.digest.slice(7, 19)} `,
      ),
    )
  })

  it('gives an image another name', async () => {
    expect(await run('tag', nameOf('app'), 'app:rollback')).toMatchObject({
      code: 0,
      out: 'docker.io/library/app:rollback\n',
    })
    expect((await run('tag', 'app:rollback', 'second')).code).toBe(0)
    expect(await run('rm', app.config.digest.slice(7, 19))).toMatchObject({
      code: 2,
      err: expect.stringContaining('matches 3 names') as string,
    })
    expect((await run('rm', 'second', 'app:rollback', nameOf('app'))).code).toBe(0)
    expect(await run('rm', tool.config.digest.slice(7, 19))).toMatchObject({
      code: 0,
      out: `${nameOf('tool')}\n`,
    })
    expect((await run('tag', 'gone:1', 'a:1')).code).toBe(4)
    expect((await run('images', '--json')).out).toBe('[]\n')
  })

  it('lists the history of an image of the store, and of one that only a registry has', async () => {
    const { out } = await run('history', nameOf('app'))
    const [head, top, bottom] = out.split('\n')
    expect(head).toMatch(/^AGE +CREATED BY +SIZE +COMMENT$/)
    expect(top).toContain('COPY app into the image, xxxxxxxxxxxxxxxxx...')
    expect(bottom).toMatch(/ADD base +[\d.]+ kB$/)
    expect((await run('history', '--no-trunc', nameOf('app'))).out).toContain('x'.repeat(60))
    const steps = JSON.parse((await run('history', '--json', nameOf('app'))).out) as object[]
    expect(steps).toMatchObject([{ layer: app.layers[1]!.digest, unpacked: true }, { createdBy: 'ADD base' }])
    store = bench.path()
    const remote = await run('history', '--platform', 'linux/amd64', nameOf('app'))
    expect(remote.out).toMatch(/ADD base +[\d.]+ k?B\*$/m)
    expect((await run('history', `${nameOf('app')}x`)).code).toBe(4)
  })
})

/** Tests the output and exit codes of `windlass tags`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeEvent } from '../../../lib/events/index.js'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../../support/cli/test-terminal.js'

const tags = Array.from({ length: 25 }, (_, at) => `v${String(at).padStart(2, '0')}`)

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry({ pageSize: 10 })
  for (const tag of tags) await putImage(registry, 'team/app', tag, tinyImage())
})
afterAll(() => registry.close())

describe('windlass tags', () => {
  it('prints the tags of all pages (S2-07)', async () => {
    const before = registry.requests.length
    const { code, out } = await windlass(['tags', `${registry.host}/team/app`])
    expect({ code, out }).toEqual({ code: 0, out: tags.map((tag) => `${tag}\n`).join('') })
    const pages = registry.requests.slice(before).filter(({ kind }) => kind === 'tags')
    expect(pages.map(({ url }) => new URL(url, registry.url).searchParams.get('last'))).toEqual([
      null,
      'v09',
      'v19',
    ])
    const { out: json } = await windlass(['tags', '--json', `${registry.host}/team/app`])
    expect(JSON.parse(json)).toMatchObject({ tags })
  })

  it('ends with 4 for an unknown repository, with the message of the registry (S3-12)', async () => {
    const { code, out, err } = await windlass(['tags', `${registry.host}/no/such`])
    expect({ code, out }).toEqual({ code: 4, out: '' })
    expect(err).toContain(`windlass: ${registry.host} has no repository "no/such"\n`)
  })

  it('ends with 2 for a name with a tag (S2-02)', async () => {
    expect(await windlass(['tags', `${registry.host}/team/app:1`])).toMatchObject({ code: 2, out: '' })
  })
})

describe('windlass tags with an endless list', () => {
  it('ends with 5 and names the limit and its option', async () => {
    const endless = await startRegistry()
    endless.hook(async ({ kind, nth }) => {
      if (kind !== 'tags') return undefined
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { status: 200, headers: { link: `</v2/team/app/tags/list?p=${nth}>` }, body: Buffer.from('{}') }
    })
    const { code, err } = await windlass(['tags', '--limit', 'tagSeconds=1', `${endless.host}/team/app`])
    expect(code).toBe(5)
    expect(err).toContain('more than the limit tagSeconds (1 second)')
    expect(err).toContain('--limit tagSeconds=N')
    await endless.close()
  })
})

describe('a list with items that are not tags', () => {
  let odd: TestRegistry
  beforeAll(async () => {
    odd = await startRegistry()
    await putImage(odd, 'team/app', 'v1', tinyImage())
    odd.hook(({ kind }) =>
      kind === 'tags'
        ? {
            status: 200,
            headers: {},
            body: Buffer.from(
              JSON.stringify({ tags: [`sha256:${'0'.repeat(64)}`, 'v1', '-x\u001b[2J', null] }),
            ),
          }
        : undefined,
    )
  })
  afterAll(() => odd.close())

  const warning =
    /3 items in the list of tags of "team\/app" at \S+ are not tags and are left out, for example "sha256:000/

  it('is printed without these items; one line on stderr counts them', async () => {
    const { code, out, err } = await windlass(['tags', `${odd.host}/team/app`])
    expect({ code, out }).toEqual({ code: 0, out: 'v1\n' })
    expect(err).toMatch(new RegExp(`^windlass: warning: ${warning.source}[0…]+"\n$`))
  })

  it('causes a warning of inspect and of pull --all-tags too', async () => {
    const platform = ['--platform', 'linux/amd64']
    const { code, out, err } = await windlass(['inspect', ...platform, `${odd.host}/team/app:v1`])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ RepoTags: ['v1'] })
    expect(err).toMatch(warning)
    const store = ['--store', mkdtempSync(join(tmpdir(), 'windlass-tags-'))]
    const name = `${odd.host}/team/app`
    const plain = await windlass(['pull', '--all-tags', ...store, ...platform, name])
    expect(plain).toMatchObject({ code: 0 })
    expect(plain.err.match(/windlass: warning: .*left out/g)).toHaveLength(1)
    const json = await windlass(['pull', '--all-tags', '--progress', 'json', ...store, ...platform, name])
    const lines = json.err.split('\n').filter((line) => line.includes('tags-left-out'))
    expect(lines.map((line) => decodeEvent(line))).toMatchObject([{ type: 'warning', code: 'tags-left-out' }])
    expect((await windlass(['pull', '-q', '--all-tags', ...store, ...platform, name])).err).toBe('')
    rmSync(store[1]!, { recursive: true })
  })
})

/** `windlass tags`: every page, as it comes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../test-terminal.js'

const tags = Array.from({ length: 25 }, (_, at) => `v${String(at).padStart(2, '0')}`)

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry({ pageSize: 10 })
  for (const tag of tags) await putImage(registry, 'team/app', tag, tinyImage())
})
afterAll(() => registry.close())

describe('windlass tags', () => {
  it('S2-07: prints the tags of all pages', async () => {
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

  it('S3-12: ends with 4 for a repository that is not there, with what the registry says of it', async () => {
    const { code, out, err } = await windlass(['tags', `${registry.host}/no/such`])
    expect({ code, out }).toEqual({ code: 4, out: '' })
    expect(err).toContain('repository name not known to registry: no/such')
  })

  it('S2-02: ends with 2 for a name with a tag', async () => {
    expect(await windlass(['tags', `${registry.host}/team/app:1`])).toMatchObject({ code: 2, out: '' })
  })
})

import { describe, expect, it } from 'vitest'
import type { WindlassError } from '../../../../lib/errors.js'
import { Credential, onlyFor } from '../../../../lib/registry/index.js'
import { type TestRegistry, faults, problem } from '../../../../lib/testing/registry/index.js'
import { manifest, manifestType, talk, withRegistry } from '../../../support/with-registry.js'

const pagesOf = async (pages: AsyncIterable<readonly string[]>): Promise<(readonly string[])[]> => {
  const all = []
  for await (const page of pages) all.push(page)
  return all
}

const login = { username: 'user', password: 'sesame' }
const known = ({ host }: { host: string }) => ({
  credentials: onlyFor(host, Credential.password(login.username, login.password)),
})
const answered = (text: string, headers: Record<string, string> = {}) => ({
  status: 200,
  headers,
  body: Buffer.from(text),
})

describe('tags', () => {
  it('requests each page when the consumer asks for it (S2-07)', () =>
    withRegistry({ pageSize: 2 }, {}, async ({ repository, registry }) => {
      for (const tag of ['b', 'a', 'c', 'd']) registry.putManifest('team/app', tag, manifest, manifestType)
      expect(await pagesOf(repository.tags())).toEqual([['a', 'b'], ['c', 'd'], ['latest']])
      for await (const page of repository.tags()) {
        expect(page).toEqual(['a', 'b'])
        break
      }
      expect(talk(registry)).toHaveLength(4)
    }))

  it.each([
    ['an absolute URL', (host: string) => `http://${host}`],
    ['another scheme', (host: string) => `https://${host}`],
    ['another port', () => 'http://127.0.0.1:1'],
    ['an inner host', () => 'http://registry.internal:8080'],
    ['no scheme', () => '//registry.internal'],
    ['a metadata service', () => 'http://169.254.169.254'],
    ['user info', (host: string) => `http://someone:secret@${host}`],
    ['a path', () => ''],
  ])('requests the next page from the registry itself if the link is %s', (_, origin) =>
    withRegistry({ auth: { kind: 'basic', ...login } }, known, async ({ repository, registry }) => {
      const link = `${origin(registry.host)}/v2/team/app/tags/list?last=a%2f'+`
      const header = { kind: 'tags', status: 200, times: 1 } as const
      registry.addFault(faults.header('link', `<${link}>; rel="next"`, header))
      expect(await pagesOf(repository.tags())).toEqual([['latest'], []])
      const { url, headers } = registry.requests.at(-1)!
      expect(url).toBe("/v2/team/app/tags/list?last=a%2f'+")
      expect(headers).toHaveProperty('authorization')
    }),
  )

  it.each([
    '/',
    '/other/tags/list',
    '/v2/%2e%2e/admin',
    '/v2/..%2fadmin',
    '//elsewhere.example/v2/a',
    '/v2/team/app/tags/list?sig=x',
  ])('sends no credentials to a next page at %s', (path) =>
    withRegistry({ auth: { kind: 'basic', ...login } }, known, async ({ repository, registry }) => {
      const header = { kind: 'tags', status: 200, times: 1 } as const
      registry.addFault(faults.header('link', `<http://inner${path}>; rel="next"`, header))
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      expect(registry.requests.at(-1)?.url).toBe(path)
      expect(registry.requests.at(-1)?.headers).not.toHaveProperty('authorization')
    }),
  )

  it.each([
    ['file:///x', 'REDIRECT_REFUSED'],
    ['data:,x', 'REDIRECT_REFUSED'],
    ['http://[', 'REGISTRY_RESPONSE'],
  ])('rejects a next page at %s', (link, code) =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.header('link', `<${link}>; rel="next"`, { kind: 'tags' }))
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({ code })
    }),
  )

  it('treats a single link without a relation as the next page, and rejects a malformed one', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.header('link', '</v2/team/app/tags/list?p=2>', { kind: 'tags', times: 1 }))
      expect(await pagesOf(repository.tags())).toHaveLength(2)
      registry.addFault(faults.header('link', '</v2/team/app/tags/list?p=2', { kind: 'tags' }))
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        message: expect.stringContaining(
          'the Link header cannot be parsed: it is not a list of links',
        ) as string,
      })
    }))

  it.each([
    ['tagPages', { tagPages: 2 }],
    ['tagBytes', { tagBytes: 80 }],
    ['tagPageBytes', { tagPageBytes: 20 }],
  ])('%s limits the list', (name, limits) =>
    withRegistry({ pageSize: 2 }, { limits }, async ({ repository, registry }) => {
      for (const tag of ['b', 'a', 'c', 'd']) registry.putManifest('team/app', tag, manifest, manifestType)
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(`(?:more|longer) than the limit ${name} \\(\\d+`) as string,
        hint: expect.stringContaining(`--limit ${name}=N`) as string,
      })
    }),
  )

  it.each([
    ['tagBytes', 28],
    ['tagPages', 2],
    ['tagPageBytes', 14],
  ])('%s may be reached exactly', async (name, needed) => {
    const pages = ['{"tags":["a"]}', '{"tags":["b"]}'].map((page) => Buffer.from(page))
    const list = (limit: number) => {
      let at = 0
      return withRegistry({}, { limits: { [name]: limit } }, async ({ repository, registry }) => {
        registry.hook(({ kind }) =>
          kind === 'tags'
            ? {
                status: 200,
                headers: at === 0 ? { link: '</v2/team/app/tags/list?last=a>; rel="next"' } : {},
                body: pages[at++]!,
              }
            : undefined,
        )
        await pagesOf(repository.tags())
      })
    }
    await list(needed)
    await expect(list(needed - 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('retries a failed page if again allows it, and repeats no other page', () =>
    withRegistry({ pageSize: 2 }, {}, async ({ repository, registry }) => {
      for (const tag of ['b', 'a', 'c', 'd']) registry.putManifest('team/app', tag, manifest, manifestType)
      const second = { kind: 'tags', nth: 2 } as const
      registry.addFault(faults.status(503, second))
      registry.addFault(faults.reset(3, { ...second, nth: 3 }))
      const told: unknown[] = []
      const again = (error: unknown, attempt: number): number => {
        told.push([(error as WindlassError).code, attempt])
        return 1
      }
      expect(await pagesOf(repository.tags({ again }))).toEqual([['a', 'b'], ['c', 'd'], ['latest']])
      expect(told).toEqual([
        ['REGISTRY_UNAVAILABLE', 1],
        ['NETWORK', 2],
      ])
      expect(talk(registry)).toHaveLength(5)
    }))

  it('gives up if again does not allow a retry, and immediately when cancelled during the delay', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.status(503, { kind: 'tags', times: Infinity }))
      const failed = { code: 'REGISTRY_UNAVAILABLE' }
      await expect(pagesOf(repository.tags())).rejects.toMatchObject(failed)
      const twice = (_error: unknown, attempt: number) => (attempt < 2 ? 0 : undefined)
      await expect(pagesOf(repository.tags({ again: twice }))).rejects.toMatchObject(failed)
      expect(talk(registry)).toHaveLength(3)
      const cancel = new AbortController()
      setTimeout(() => cancel.abort(), 50)
      await expect(
        pagesOf(repository.tags({ again: () => 60_000, signal: cancel.signal })),
      ).rejects.toMatchObject({ code: 'CANCELLED', cause: { name: 'AbortError' } })
    }))

  it('reports a malformed link', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind, url }) =>
        kind === 'tags' || url.includes('/tags/')
          ? { ...answered('{"name":"x","tags":["a"]}'), headers: { link: 'garbage' } }
          : undefined,
      )
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        message: expect.stringContaining('the Link header cannot be parsed: ') as string,
      })
    }))

  it('yields each tag once, even if it is listed several times', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind, url }) =>
        kind === 'tags'
          ? {
              ...answered(url.includes('last=b') ? '{"tags":["b","c"]}' : '{"tags":["a","b","a"]}'),
              headers: url.includes('last=b') ? {} : { link: '</v2/team/app/tags/list?last=b>; rel="next"' },
            }
          : undefined,
      )
      expect((await pagesOf(repository.tags())).flat()).toEqual(['a', 'b', 'c'])
    }))

  it('yields no tag twice if a page links to itself by another URL', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind }) =>
        kind === 'tags'
          ? {
              ...answered('{"tags":["a","b"]}'),
              headers: { link: '</v2/team/app/tags/list?last=b>; rel="next"' },
            }
          : undefined,
      )
      const tags: string[] = []
      const read = async (): Promise<void> => {
        for await (const page of repository.tags()) tags.push(...page)
      }
      await expect(read()).rejects.toMatchObject({
        message: expect.stringContaining('the pages of the list form a loop') as string,
      })
      expect(tags).toEqual(['a', 'b'])
    }))

  it('ends when the pages form a loop', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.header('link', '</v2/team/app/tags/list?n=1>; rel="next"', { kind: 'tags' }))
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({ code: 'REGISTRY_RESPONSE' })
      expect(talk(registry)).toHaveLength(2)
    }))

  it.each(['{"tags":{}}', '{"tags":"a"}', '[]', 'x', '', 'null', '1', '{"errors":[]}', '{"error":"x"}'])(
    'refuses %s',
    (text) =>
      withRegistry({}, {}, async ({ repository, registry }) => {
        registry.hook(({ kind }) => (kind === 'tags' ? answered(text) : undefined))
        await expect(pagesOf(repository.tags())).rejects.toMatchObject({ code: 'REGISTRY_RESPONSE' })
      }),
  )

  it.each(['{"name":"x","tags":null}', '{"tags":null}', '{"tags":[]}', '{"name":"x"}', '{}'])(
    'returns an empty list for %s',
    (text) =>
      withRegistry({}, {}, async ({ repository, registry }) => {
        registry.hook(({ kind }) => (kind === 'tags' ? answered(text) : undefined))
        expect(await pagesOf(repository.tags())).toEqual([[]])
      }),
  )

  describe('items that are not tags', () => {
    const bad = [
      `sha256:${'0'.repeat(64)}`,
      '-x',
      '.x',
      '',
      '../x',
      'a\u001b[2J',
      'x'.repeat(129),
      null,
      1,
      true,
      {},
      [],
    ]
    const listed = async (...pages: readonly (readonly unknown[])[]) => {
      const warnings: string[][] = []
      let tags: readonly string[] = []
      await withRegistry({}, {}, async ({ repository, registry }) => {
        registry.hook(({ kind, url }) => {
          if (kind !== 'tags') return undefined
          const at = Number(/p=(\d+)/.exec(url)?.[1] ?? 0)
          const link = at + 1 < pages.length ? { link: `</v2/team/app/tags/list?p=${at + 1}>` } : {}
          return answered(JSON.stringify({ tags: pages[at] }), link)
        })
        const onWarning = (...warning: string[]) => void warnings.push(warning)
        tags = (await pagesOf(repository.tags({ onWarning }))).flat()
      })
      return { tags, warnings }
    }

    it.each(bad.map((item) => [item]))('are left out with a warning: %j', async (item) => {
      const { tags, warnings } = await listed(['a', item, 'b'])
      expect(tags).toEqual(['a', 'b'])
      expect(warnings).toEqual([
        [
          'tags-left-out',
          expect.stringMatching(
            /^One item in the list of tags of "team\/app" at \S+ is not a tag and is left out: \S/,
          ) as string,
        ],
      ])
      expect(String(warnings)).not.toContain('\u001b')
    })

    it('are counted over all pages in one warning', async () => {
      const { tags, warnings } = await listed(['a', ...bad], ['b'], bad)
      expect(tags).toEqual(['a', 'b'])
      expect(warnings).toHaveLength(1)
      expect(warnings[0]?.[1]).toContain(` are not tags and are left out, for example "sha256:000`)
      expect(warnings[0]?.[1]).toMatch(
        new RegExp(`^${2 * bad.length} items in the list of tags of "team/app" at 127`),
      )
    })

    it('do not make the list fail, even if there are no tags', async () => {
      expect((await listed(bad)).tags).toEqual([])
      expect((await listed(['a'])).warnings).toEqual([])
    })
  })

  describe('a page size that the registry rejects', () => {
    it.each<[string, (n: number) => boolean, number, (string | undefined)[]]>([
      ['any', (n) => n !== 0, 400, ['1000', undefined]],
      ['none, or more than 100', (n) => n === 0 || n > 100, 400, ['1000', undefined, '500', '100']],
      ['none, or more than 10', (n) => n === 0 || n > 10, 422, ['1000', undefined, '500', '100', '50', '10']],
      ['none, or more than 500', (n) => n === 0 || n > 500, 404, ['1000', undefined, '500']],
    ])('is followed by the default size, then by smaller ones: %s', (_what, refuses, status, sizes) =>
      withRegistry({}, {}, async ({ repository, registry }) => {
        const asked = (url: string) => new URL(url, 'http://x').searchParams.get('n') ?? undefined
        registry.hook(({ kind, url }) =>
          kind === 'tags' && refuses(Number(asked(url) ?? 0))
            ? problem(status, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
            : undefined,
        )
        expect(await pagesOf(repository.tags())).toEqual([['latest']])
        const requests = registry.requests.filter(({ kind }) => kind === 'tags')
        expect(requests.map(({ url }) => asked(url))).toEqual(sizes)
      }),
    )

    it('leads to the first error of the registry if it rejects all sizes', () =>
      withRegistry({}, {}, async ({ repository, registry }) => {
        registry.hook(({ kind, nth }) =>
          kind === 'tags' ? problem(400, 'UNSUPPORTED', `refusal ${nth}`) : undefined,
        )
        await expect(pagesOf(repository.tags())).rejects.toMatchObject({
          code: 'REGISTRY_RESPONSE',
          message: expect.stringContaining('refusal 1') as string,
        })
        expect(talk(registry)).toHaveLength(6)
      }))

    it.each([401, 403, 404])('is not assumed after status %i', (status) =>
      withRegistry({}, {}, async ({ repository, registry }) => {
        registry.addFault(faults.status(status, { kind: 'tags', times: Infinity }))
        await expect(pagesOf(repository.tags())).rejects.toThrow()
        expect(talk(registry)).toHaveLength(1)
      }),
    )
  })

  describe('an endless list', () => {
    const endless = (registry: TestRegistry, wait: number, tags: (at: number) => readonly string[]) =>
      registry.hook(async ({ kind, url }) => {
        if (kind !== 'tags') return undefined
        await new Promise((resolve) => setTimeout(resolve, wait))
        const at = Number(/p=(\d+)/.exec(url)?.[1] ?? 0)
        return answered(JSON.stringify({ tags: tags(at) }), { link: `</v2/team/app/tags/list?p=${at + 1}>` })
      })

    const tooLong = {
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('more than the limit tagSeconds (1 second)') as string,
      hint: expect.stringContaining('--limit tagSeconds=N') as string,
    }

    it.each<[string, number, (at: number) => readonly string[]]>([
      ['empty pages', 0, () => []],
      ['new tags', 0, (at) => [`t${at}`]],
      ['the same tag', 0, () => ['a']],
      ['pages that come slowly', 400, (at) => [`t${at}`]],
    ])('is ended by tagSeconds: %s', (_what, wait, tags) =>
      withRegistry({}, { limits: { tagSeconds: 1 } }, async ({ repository, registry }) => {
        endless(registry, wait, tags)
        await expect(pagesOf(repository.tags({ again: () => 1 }))).rejects.toMatchObject(tooLong)
      }),
    )

    it('is ended by tagSeconds: a page that never arrives', () =>
      withRegistry({}, { limits: { tagSeconds: 1 } }, async ({ repository, registry }) => {
        registry.addFault(faults.header('link', '</v2/team/app/tags/list?p=1>', { kind: 'tags', times: 1 }))
        registry.addFault(
          faults.answer((good, { url }) => (url.includes('p=1') ? { ...good, delay: 30_000 } : undefined), {
            kind: 'tags',
          }),
        )
        await expect(pagesOf(repository.tags())).rejects.toMatchObject(tooLong)
      }))

    it('does not count the time in which no page is requested', () =>
      withRegistry({ pageSize: 1 }, { limits: { tagSeconds: 1 } }, async ({ repository, registry }) => {
        for (const tag of ['a', 'b', 'c']) registry.putManifest('team/app', tag, manifest, manifestType)
        let pages = 0
        for await (const page of repository.tags()) {
          pages += page.length
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
        expect(pages).toBe(4)
      }))
  })

  it('reports that the repository does not exist', () =>
    withRegistry({}, {}, async ({ registries, registry }) => {
      const none = registries.repository({ registry: registry.host, repository: 'no/such' })
      await expect(pagesOf(none.tags())).rejects.toMatchObject({ code: 'NAME_UNKNOWN', exitCode: 4 })
    }))
})

/** Cases of tag lists: pages, links between them, and items. */
import { casesOf } from '../case.js'
import type { CaseHost, Members } from '../case-host.js'

const links = casesOf('links')
const lists = casesOf('lists')

const action = 'tags'

interface Page {
  readonly tags: unknown
  readonly link?: string
  readonly members?: Members
}

/** Serves the first page, and further pages for `last=N` in the query. ORIGIN stands for the origin of the registry. */
function pages(host: CaseHost, list: readonly Page[]): void {
  host.registry.hook(({ kind, url }) => {
    if (kind !== 'tags') return undefined
    const at = Number(/[?&]last=(\d+)/.exec(url)?.[1] ?? 0)
    const page = list[at]
    if (page === undefined) return { status: 404, headers: {}, body: Buffer.alloc(0) }
    const { tags, link, members } = page
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        ...(link !== undefined && {
          link: link.replaceAll('ORIGIN', host.registry.url).replaceAll('HOST', host.registry.host),
        }),
      },
      body: Buffer.from(JSON.stringify({ name: 'app', tags, ...members })),
    }
  })
}

/** Two pages. The first has this `Link` header. */
const linked = (id: string, what: string, link: string, why: string) =>
  links(`link-${id}`, `a list whose next page is named ${what}`, { action, why }, (host) => {
    pages(host, [{ tags: ['a', 'b'], link }, { tags: ['c'] }])
    return { name: 'app', tags: ['a', 'b', 'c'] }
  })

const inner = 'a registry behind a proxy knows itself by other names: path and query count'

export const linkCases = [
  linked(
    'relative',
    'by a path',
    '</v2/app/tags/list?n=2&last=1>; rel="next"',
    'as the specification has it',
  ),
  linked(
    'absolute',
    'by its whole URL',
    '<ORIGIN/v2/app/tags/list?n=2&last=1>; rel="next"',
    'RFC 8288 allows it',
  ),
  linked(
    'other-scheme',
    'by a URL of another scheme',
    '<https://HOST/v2/app/tags/list?last=1>; rel="next"',
    inner,
  ),
  linked(
    'other-port',
    'by a URL with another port',
    '<http://127.0.0.1:9/v2/app/tags/list?last=1>; rel="next"',
    inner,
  ),
  linked(
    'inner-host',
    'by a URL with a host of the inside',
    '<http://registry.invalid:5000/v2/app/tags/list?last=1>; rel="next"',
    inner,
  ),
  linked('query-alone', 'by a query alone', '<?n=2&last=1>; rel="next"', 'RFC 3986 §5 says what it means'),
  linked(
    'document-relative',
    'relative to the list',
    '<list?n=2&last=1>; rel="next"',
    'RFC 3986 §5 says what it means',
  ),
  linked('without-rel', 'without `rel`', '</v2/app/tags/list?last=1>', 'a single link is the next page'),
  linked('rel-unquoted', 'with `rel=next`', '</v2/app/tags/list?last=1>; rel=next', 'RFC 8288 allows it'),
  linked(
    'rel-upper-case',
    'with `REL="Next"`',
    '</v2/app/tags/list?last=1>; REL="Next"',
    'neither has a case (RFC 8288 §3.3)',
  ),
  linked(
    'rel-of-several',
    'with `rel="last next"`',
    '</v2/app/tags/list?last=1>; rel="last next"',
    'RFC 8288 §3.3 allows several',
  ),
  linked(
    'after-parameters',
    'behind other parameters',
    '</v2/app/tags/list?last=1>; title="a, b; rel=x"; rel="next"',
    'RFC 8288 allows them',
  ),
  linked(
    'after-previous',
    'after the page before',
    '</v2/app/tags/list>; rel="prev", </v2/app/tags/list?last=1>; rel="next"',
    'RFC 8288 allows several links',
  ),
  linked(
    'commas',
    'by a URL with commas and semicolons',
    '</v2/app/tags/list?x=a,b;c&last=1>; rel="next"',
    'they are part of the URL',
  ),
  links(
    'link-inner-path',
    'a list whose next page is named by a path of the inside, which the registry does not have outside',
    { action, expected: 'REGISTRY_RESPONSE', why: 'a list never ends early without a word' },
    (host) => {
      const link = '<ORIGIN/repository/proxy/v2/app/tags/list?last=1>; rel="next"'
      pages(host, [{ tags: ['a', 'b'], link }, { tags: ['c'] }])
      host.registry.hook(({ url }) =>
        url.startsWith('/repository/') ? { status: 400, headers: {}, body: Buffer.alloc(0) } : undefined,
      )
      return { name: 'app' }
    },
  ),
  links(
    'link-path-lost',
    'a list whose next page is named by a path that lacks the first part of the repository',
    { action, expected: 'REGISTRY_RESPONSE', why: 'a list never ends early without a word' },
    (host) => {
      pages(host, [{ tags: ['a', 'b'], link: '</v2/app/tags/list?last=9>; rel="next"' }])
      return { name: 'docker/app' }
    },
  ),
  links(
    'link-unreadable',
    'a list whose `Link` cannot be read',
    { action, expected: 'REGISTRY_RESPONSE', why: 'a list never ends early without a word' },
    (host) => {
      pages(host, [{ tags: ['a', 'b'], link: '</v2/app/tags/list?last=1; rel="next"' }, { tags: ['c'] }])
      return { name: 'app' }
    },
  ),
  links(
    'link-to-itself',
    'a list whose next page is itself',
    { action, expected: 'REGISTRY_RESPONSE', why: 'it would never end' },
    (host) => {
      pages(host, [{ tags: ['a', 'b'], link: '</v2/app/tags/list>; rel="next"' }])
      return { name: 'app' }
    },
  ),
]

const listed = (id: string, what: string, served: readonly Page[], tags: readonly string[], why: string) =>
  lists(`tags-${id}`, `a list ${what}`, { action, why }, (host) => {
    pages(host, served)
    return { name: 'app', tags }
  })

const kept = 'one bad item does not cost the list'

/** A registry that refuses page sizes for which `refuses` returns true, with the error of the specification. */
const sized = (id: string, what: string, refuses: (n: string | null) => boolean) =>
  lists(
    `page-size-${id}`,
    `a registry that refuses ${what}`,
    { action, why: 'the size of a page is only a wish' },
    (host) => {
      host.registry.hook(({ kind, url }) => {
        if (kind !== 'tags') return undefined
        const n = new URL(url, 'http://registry.invalid').searchParams.get('n')
        if (!refuses(n)) return undefined
        const errors = [{ code: 'PAGINATION_NUMBER_INVALID', message: 'invalid number of results requested' }]
        return {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify({ errors })),
        }
      })
      host.putImage({ tag: 'a' })
      host.putImage({ tag: 'b' })
      return { name: 'app', tags: ['a', 'b'] }
    },
  )

export const listCases = [
  listed('null', 'whose `tags` are null', [{ tags: null }], [], 'no tags'),
  listed('missing', 'without `tags`', [{ tags: undefined }], [], 'no tags'),
  listed(
    'without-name',
    'without `name`',
    [{ tags: ['a'], members: { name: undefined } }],
    ['a'],
    'the name is known',
  ),
  listed(
    'name-null',
    'whose `name` is null',
    [{ tags: ['a'], members: { name: null } }],
    ['a'],
    'the name is known',
  ),
  listed(
    'other-name',
    'with the name that a proxy has for the repository',
    [{ tags: ['a'], members: { name: 'cache/app' } }],
    ['a'],
    'the name is known',
  ),
  listed(
    'unknown-fields',
    'with the members that Google and GitLab add',
    [{ tags: ['a'], members: { manifest: {}, child: [], next: null } }],
    ['a'],
    'unknown members are passed over',
  ),
  listed(
    'with-digest',
    'with a digest among the tags',
    [{ tags: ['a', `sha256:${'0f'.repeat(32)}`, 'b'] }],
    ['a', 'b'],
    kept,
  ),
  listed('with-dash', 'with a tag that begins with `-`', [{ tags: ['-x', 'a'] }], ['a'], kept),
  listed('with-empty', 'with an empty tag', [{ tags: ['', 'a'] }], ['a'], kept),
  listed('with-null', 'with a null among the tags', [{ tags: ['a', null, 'b'] }], ['a', 'b'], kept),
  listed('with-number', 'with a number among the tags', [{ tags: ['a', 7] }], ['a'], kept),
  listed(
    'unsorted',
    'in no order',
    [{ tags: ['b', 'c', 'a'] }],
    ['b', 'c', 'a'],
    "the order is the registry's",
  ),
  listed(
    'empty-page',
    'with an empty page in the middle',
    [
      { tags: ['a'], link: '</v2/app/tags/list?last=1>; rel="next"' },
      { tags: null, link: '</v2/app/tags/list?last=2>; rel="next"' },
      { tags: ['b'] },
    ],
    ['a', 'b'],
    'the link says whether there is more',
  ),
  sized('any', 'every `n`', (n) => n !== null),
  sized('large', '`n` above 100, and its absence', (n) => n === null || Number(n) > 100),
  sized('missing', 'a list without `n`', (n) => n === null),
  lists(
    'tags-unknown-repository',
    'a repository that is not there, told with a code that no specification has',
    { action, expected: 'NAME_UNKNOWN', why: 'the status says it; the body only explains' },
    (host) => {
      host.registry.hook(({ kind }) =>
        kind === 'tags'
          ? {
              status: 404,
              headers: {},
              body: Buffer.from('{"errors":[{"code":"NOT_FOUND","message":"not found"}]}'),
            }
          : undefined,
      )
      return { name: 'app' }
    },
  ),
  lists(
    'tags-endless',
    'a list that never ends',
    { action, expected: 'LIMIT_EXCEEDED', why: 'a limit that has a name ends it' },
    (host) => {
      host.registry.hook(({ kind, url }) => {
        if (kind !== 'tags') return undefined
        const at = Number(/[?&]last=(\d+)/.exec(url)?.[1] ?? 0) + 1
        const headers = {
          link: `</v2/app/tags/list?last=${at}>; rel="next"`,
          'content-type': 'application/json',
        }
        return { status: 200, headers, body: Buffer.from(JSON.stringify({ name: 'app', tags: [`t${at}`] })) }
      })
      return { name: 'app' }
    },
  ),
]

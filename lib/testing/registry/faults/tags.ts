/** Faults in listing a repository's tags, page by page. */
import { gzipSync } from 'node:zlib'
import { answer, json, type Answer } from '../answer.js'
import { faults } from '../fault.js'
import { forever, head } from '../wire.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from './catalogued.js'

/** `/v2/`, a refusal, a token, a page. */
const tags = faultsOf('tags', { action: 'tags', requests: 4, bytes: 8192 })
const served = { kind: 'tags', answered: 200, times: Infinity } as const
const first = { ...served, times: 1 } as const
/** What is tried again has three attempts. */
const thrice: FaultChange = { requests: 6 }
const twice: FaultChange = { requests: 5 }

const page = (
  name: string,
  does: string,
  gives: FaultOutcome,
  change: (good: Answer, scene: FaultScene, url: string) => Answer,
  more: FaultChange = {},
): CataloguedFault =>
  tags(
    name,
    does,
    gives,
    (scene) => scene.registry.addFault(faults.answer((good, { url }) => change(good, scene, url), served)),
    more,
  )

/** The first page has this for its next. */
const next = (
  name: string,
  does: string,
  gives: FaultOutcome,
  link: string | ((scene: FaultScene) => string),
  more: FaultChange = {},
): CataloguedFault =>
  page(
    name,
    does,
    gives,
    (good, scene) => ({
      ...good,
      headers: { ...good.headers, link: typeof link === 'function' ? link(scene) : link },
    }),
    more,
  )

const list = (...names: readonly unknown[]): Answer => json(200, { name: 'team/app', tags: names })

export const tagsFaults: readonly CataloguedFault[] = [
  next(
    'next-elsewhere',
    'has its next page at another origin',
    'REDIRECT_REFUSED',
    ({ elsewhere }) => `<${elsewhere.url}/v2/team/app/tags/list?last=v1>; rel="next"`,
  ),
  next(
    'next-same-scheme',
    'has its next page at `//host/…`',
    'REDIRECT_REFUSED',
    ({ elsewhere }) => `<//${elsewhere.host}/v2/team/app/tags/list>; rel="next"`,
  ),
  next(
    'next-user-info',
    'has its next page at its own origin, with a name and a password',
    'tags',
    ({ registry }) => `<http://someone:secret@${registry.host}/v2/team/app/tags/list?last=v1>; rel=last`,
  ),
  next(
    'next-other-port',
    'has its next page at another port',
    'REDIRECT_REFUSED',
    '<http://127.0.0.1:1/v2/team/app/tags/list>; rel="next"',
  ),
  next(
    'next-https',
    'has its next page under another scheme',
    'REDIRECT_REFUSED',
    ({ registry }) => `<https://${registry.host}/v2/team/app/tags/list>; rel="next"`,
  ),
  next('next-file', 'has its next page in a file', 'REDIRECT_REFUSED', '<file:///etc/passwd>; rel="next"'),
  next(
    'next-metadata',
    'has its next page at a metadata service',
    'REDIRECT_REFUSED',
    '<http://169.254.169.254/>; rel="next"',
  ),
  next('next-no-url', 'has its next page at what is no URL', 'REGISTRY_RESPONSE', '<http://[>; rel="next"'),
  next(
    'next-itself',
    'is its own next page',
    'REGISTRY_RESPONSE',
    ({ registry }) => `<${registry.url}/v2/team/app/tags/list?n=1000>; rel="next"`,
    { requests: 5 },
  ),
  next('next-garbage', 'has a link in no words', 'tags', '<<<;;;rel=next'),
  next(
    'next-without-relation',
    'has a link that is for something else',
    'tags',
    '</v2/team/app/tags/list?last=v1>; rel="prev"',
  ),
  next('next-huge', 'has a link of 8 KB', 'tags', `<${'/x'.repeat(4000)}>; rel="other"`, {
    bytes: 16 * 1024,
  }),
  page(
    'circle',
    'goes in a circle of two pages',
    'REGISTRY_RESPONSE',
    (good, _, url) => ({
      ...good,
      headers: {
        ...good.headers,
        link: `</v2/team/app/tags/list?p=${url.includes('p=1') ? 2 : 1}>; rel="next"`,
      },
    }),
    { requests: 8 },
  ),
  tags(
    'redirected-next',
    'is elsewhere, and has its next page there',
    'REDIRECT_REFUSED',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/team/app/tags/list`, { kind: 'tags' }))
      elsewhere.addFault(
        faults.header('link', '</v2/team/app/tags/list?last=v1>; rel="next"', { kind: 'tags' }),
      )
    },
    { elsewhere: 1 },
  ),
  page(
    'elsewhere',
    'is elsewhere',
    'tags',
    (_, { elsewhere }) => answer(307, { location: `${elsewhere.url}/v2/team/app/tags/list` }),
    { elsewhere: 1 },
  ),
  page('no-json', 'is a page to look at', 'REGISTRY_RESPONSE', () =>
    answer(200, { 'content-type': 'text/html' }, Buffer.from('<html>')),
  ),
  page('empty-body', 'is nothing', 'REGISTRY_RESPONSE', () => answer(200)),
  page('array', 'is a list', 'REGISTRY_RESPONSE', () => json(200, ['v1'])),
  page('no-tags', 'has no list', 'REGISTRY_RESPONSE', () => json(200, { name: 'team/app' })),
  page('numbers', 'lists numbers', 'REGISTRY_RESPONSE', () => list(1, 2)),
  page('climbing', 'lists a path', 'REGISTRY_RESPONSE', () => list('../../etc/passwd')),
  page('escapes', 'lists escapes for the terminal', 'REGISTRY_RESPONSE', () => list('\u001b[2Jv1')),
  page('too-long-tag', 'lists a tag of 129 characters', 'REGISTRY_RESPONSE', () => list('x'.repeat(129))),
  page('newline', 'lists a tag with a line break', 'REGISTRY_RESPONSE', () => list('v1\nv2')),
  page('compressed', 'comes compressed, which nobody asked for', 'REGISTRY_RESPONSE', (good) => ({
    ...good,
    body: gzipSync(good.body),
    headers: { ...good.headers, 'content-encoding': 'gzip' },
  })),
  page(
    'huge',
    'has a page of 20 MiB',
    'LIMIT_EXCEEDED',
    () => answer(200, {}, Buffer.alloc(20 * 2 ** 20, ' ')),
    { bytes: 21 * 2 ** 20 },
  ),
  tags(
    'endless',
    'never ends',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* forever(' '.repeat(64 * 1024))
        }, served),
      ),
    { bytes: 32 * 2 ** 20 },
  ),
  tags(
    'truncated',
    'always breaks off',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.truncate(5, served)),
    thrice,
  ),
  ...[408, 429, 500, 502, 503, 504].map((status) =>
    tags(
      `${status}-once`,
      `is answered with ${status} once`,
      'tags',
      ({ registry }) => registry.addFault(faults.status(status, first)),
      twice,
    ),
  ),
  tags(
    'too-many-for-a-second',
    'wants to be left alone for a second, once',
    'tags',
    ({ registry }) => registry.addFault(faults.status(429, first, { 'retry-after': '1' })),
    twice,
  ),
  tags(
    'reset-once',
    'is reset in the middle once',
    'tags',
    ({ registry }) => registry.addFault(faults.reset(5, first)),
    twice,
  ),
  tags(
    'stalls-once',
    'stops in the middle once',
    'tags',
    ({ registry }) => registry.addFault(faults.stall(5, first)),
    { ...twice, silent: true },
  ),
  tags(
    'next-broken-once',
    'has a second page, which is answered with 503 once',
    'tags',
    ({ registry }) => {
      registry.addFault(faults.header('link', '</v2/team/app/tags/list?last=v1>; rel="next"', first))
      registry.addFault(
        faults.answer(
          (good, { url }) => (url.includes('last=') ? { ...good, status: 503 } : undefined),
          first,
        ),
      )
    },
    { requests: 6 },
  ),
  tags(
    'stalls',
    'stops in the middle',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(5, served)),
    { ...thrice, silent: true },
  ),
  tags(
    'silent',
    'says nothing',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, { kind: 'tags', times: Infinity })),
    { ...thrice, silent: true },
  ),
  tags('missing', 'is not there', 'NAME_UNKNOWN', ({ registry }) =>
    registry.addFault(faults.status(404, served)),
  ),
  tags(
    'broken',
    'is answered with 500',
    'REGISTRY_UNAVAILABLE',
    ({ registry }) => registry.addFault(faults.status(500, served)),
    thrice,
  ),
  tags('too-many-for-a-day', 'wants to be left alone for a day', 'TOO_MANY_REQUESTS', ({ registry }) =>
    registry.addFault(faults.status(429, served, { 'retry-after': '86400' })),
  ),
]

/** Faults of listing the tags of a repository page by page. */
import { gzipSync } from 'node:zlib'
import { answer, json, problem, type Answer } from '../answer.js'
import { faults } from '../fault.js'
import { forever, head } from '../wire.js'
import {
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'
import { served, tagsFault } from './tags-fault.js'

const first = { ...served, times: 1 } as const
/** Budget for three attempts. */
const threeAttempts: FaultChange = { requests: 6 }
const twoAttempts: FaultChange = { requests: 5 }

const page = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  change: (good: Answer, scene: FaultScene, url: string) => Answer,
  more: FaultChange = {},
): CataloguedFault =>
  tagsFault(
    name,
    behaviour,
    outcome,
    (scene) => scene.registry.addFault(faults.answer((good, { url }) => change(good, scene, url), served)),
    more,
  )

/** Budget for one additional page. */
const oneMorePage: FaultChange = { requests: 5 }

/** Refuses pages of certain sizes with the error of the distribution spec. */
const refusing = (refused: (size: number | undefined) => boolean) =>
  faults.answer((_, { url }) => {
    const size = /[?&]n=(\d+)/.exec(url)?.[1]
    return refused(size === undefined ? undefined : Number(size))
      ? problem(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
      : undefined
  }, served)

const list = (...names: readonly unknown[]): Answer => json(200, { name: 'team/app', tags: names })

/** Faults of listing tags. */
export const tagsFaults: readonly CataloguedFault[] = [
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
  tagsFault(
    'redirected-next',
    'is elsewhere, and has its next page there, by a path',
    'tags',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/team/app/tags/list`, { kind: 'tags', times: 1 }))
      elsewhere.addFault(
        faults.header('link', '</v2/team/app/tags/list?last=v1>; rel="next"', { kind: 'tags' }),
      )
    },
    { ...oneMorePage, elsewhere: 1 },
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
  page('no-tags', 'has no list', 'tags', () => json(200, { name: 'team/app' })),
  page('numbers', 'lists numbers', 'tags', () => list(1, 2)),
  page('climbing', 'lists a path', 'tags', () => list('../../etc/passwd')),
  page('escapes', 'lists escapes for the terminal', 'tags', () => list('\u001b[2Jv1')),
  page('too-long-tag', 'lists a tag of 129 characters', 'tags', () => list('x'.repeat(129))),
  page('newline', 'lists a tag with a line break', 'tags', () => list('v1\nv2')),
  page('mixed', 'lists tags, digests, `null`, numbers and an object', 'tags', () =>
    list('v1', `sha256:${'0'.repeat(64)}`, null, 1, {}, '-x', ''),
  ),
  page('error-with-200', 'is an error that comes with 200', 'REGISTRY_RESPONSE', () =>
    json(200, { errors: [{ code: 'UNKNOWN', message: 'x' }] }),
  ),
  page('encoding-claimed', 'is said to be compressed, and is not', 'tags', (good) => ({
    ...good,
    headers: { ...good.headers, 'content-encoding': 'gzip' },
  })),
  tagsFault(
    'size-refused',
    'is refused where a page of a size is asked for',
    'tags',
    ({ registry }) => registry.addFault(refusing((size) => size !== undefined)),
    twoAttempts,
  ),
  tagsFault(
    'large-size-refused',
    'is refused where no size is asked for, or one above 100',
    'tags',
    ({ registry }) => registry.addFault(refusing((size) => size === undefined || size > 100)),
    { requests: 7 },
  ),
  tagsFault(
    'every-size-refused',
    'is refused with 400 whatever is asked for',
    'REGISTRY_RESPONSE',
    ({ registry }) => registry.addFault(refusing(() => true)),
    { requests: 9 },
  ),
  page('compressed', 'comes compressed, which was not requested', 'tags', (good) => ({
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
  tagsFault(
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
  tagsFault(
    'truncated',
    'always breaks off',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.truncate(5, served)),
    threeAttempts,
  ),
  ...[408, 429, 500, 502, 503, 504].map((status) =>
    tagsFault(
      `${status}-once`,
      `is answered with ${status} once`,
      'tags',
      ({ registry }) => registry.addFault(faults.status(status, first)),
      twoAttempts,
    ),
  ),
  tagsFault(
    'too-many-for-a-second',
    'asks to wait for a second, once',
    'tags',
    ({ registry }) => registry.addFault(faults.status(429, first, { 'retry-after': '1' })),
    twoAttempts,
  ),
  tagsFault(
    'reset-once',
    'is reset in the middle once',
    'tags',
    ({ registry }) => registry.addFault(faults.reset(5, first)),
    twoAttempts,
  ),
  tagsFault(
    'stalls-once',
    'stops in the middle once',
    'tags',
    ({ registry }) => registry.addFault(faults.stall(5, first)),
    { ...twoAttempts, silent: true },
  ),
  tagsFault(
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
  tagsFault(
    'stalls',
    'stops in the middle',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(5, served)),
    { ...threeAttempts, silent: true },
  ),
  tagsFault(
    'silent',
    'says nothing',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, { kind: 'tags', times: Infinity })),
    { ...threeAttempts, silent: true },
  ),
  tagsFault('missing', 'is not there', 'NAME_UNKNOWN', ({ registry }) =>
    registry.addFault(faults.status(404, served)),
  ),
  tagsFault(
    'broken',
    'is answered with 500',
    'REGISTRY_UNAVAILABLE',
    ({ registry }) => registry.addFault(faults.status(500, served)),
    threeAttempts,
  ),
  tagsFault('too-many-for-a-day', 'asks to wait for a day', 'TOO_MANY_REQUESTS', ({ registry }) =>
    registry.addFault(faults.status(429, served, { 'retry-after': '86400' })),
  ),
]

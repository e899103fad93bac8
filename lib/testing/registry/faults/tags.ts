/** Faults of listing the tags of a repository page by page. */
import { gzipSync } from 'node:zlib'
import { answer, json, problem, type Answer } from '../answer.js'
import { faults } from '../fault.js'
import { repeatForever, head } from '../wire.js'
import {
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'
import { everyPage, tagsFault } from './tags-fault.js'

/** Matches the first page that is requested. */
const onePage = { ...everyPage, times: 1 } as const
/** Allows three attempts. */
const threeAttemptsBudget: FaultChange = { requests: 6 }
/** Allows two attempts. */
const twoAttemptsBudget: FaultChange = { requests: 5 }

/** Defines a fault that replaces every page by the result of `change`. */
const pageFault = (
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
    (scene) => scene.registry.addFault(faults.answer((good, { url }) => change(good, scene, url), everyPage)),
    more,
  )

/** Allows one additional page. */
const twoPagesBudget: FaultChange = { requests: 5 }

/**
 * Returns a fault that refuses requests with 400 and the error code of the distribution spec if `refused` returns true
 * for the requested page size, which is undefined if the request states none.
 */
const refusePageSizes = (refused: (size: number | undefined) => boolean) =>
  faults.answer((_, { url }) => {
    const size = /[?&]n=(\d+)/.exec(url)?.[1]
    return refused(size === undefined ? undefined : Number(size))
      ? problem(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
      : undefined
  }, everyPage)

const tagListAnswer = (...names: readonly unknown[]): Answer => json(200, { name: 'team/app', tags: names })

/** Faults of listing tags. */
export const tagsFaults: readonly CataloguedFault[] = [
  pageFault(
    'circle',
    'sends two pages whose links refer to each other',
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
    'redirects the list to the other origin, whose page has a relative link',
    'tags',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/team/app/tags/list`, { kind: 'tags', times: 1 }))
      elsewhere.addFault(
        faults.header('link', '</v2/team/app/tags/list?last=v1>; rel="next"', { kind: 'tags' }),
      )
    },
    { ...twoPagesBudget, elsewhere: 1 },
  ),
  pageFault(
    'elsewhere',
    'redirects the list to the other origin',
    'tags',
    (_, { elsewhere }) => answer(307, { location: `${elsewhere.url}/v2/team/app/tags/list` }),
    { elsewhere: 1 },
  ),
  pageFault('no-json', 'sends HTML', 'REGISTRY_RESPONSE', () =>
    answer(200, { 'content-type': 'text/html' }, Buffer.from('<html>')),
  ),
  pageFault('empty-body', 'sends an empty body', 'REGISTRY_RESPONSE', () => answer(200)),
  pageFault('array', 'sends an array', 'REGISTRY_RESPONSE', () => json(200, ['v1'])),
  pageFault('no-tags', 'sends a list without `tags`', 'tags', () => json(200, { name: 'team/app' })),
  pageFault('numbers', 'lists numbers as tags', 'tags', () => tagListAnswer(1, 2)),
  pageFault('climbing', 'lists a path as a tag', 'tags', () => tagListAnswer('../../etc/passwd')),
  pageFault('escapes', 'lists a tag with terminal escape sequences', 'tags', () =>
    tagListAnswer('\u001b[2Jv1'),
  ),
  pageFault('too-long-tag', 'lists a tag of 129 characters', 'tags', () => tagListAnswer('x'.repeat(129))),
  pageFault('newline', 'lists a tag with a line break', 'tags', () => tagListAnswer('v1\nv2')),
  pageFault('mixed', 'lists tags, digests, `null`, numbers and an object', 'tags', () =>
    tagListAnswer('v1', `sha256:${'0'.repeat(64)}`, null, 1, {}, '-x', ''),
  ),
  pageFault('error-with-200', 'sends an error document with status 200', 'REGISTRY_RESPONSE', () =>
    json(200, { errors: [{ code: 'UNKNOWN', message: 'x' }] }),
  ),
  pageFault(
    'encoding-claimed',
    'sends the list uncompressed, but with `Content-Encoding: gzip`',
    'tags',
    (good) => ({
      ...good,
      headers: { ...good.headers, 'content-encoding': 'gzip' },
    }),
  ),
  tagsFault(
    'size-refused',
    'refuses every request with a page size',
    'tags',
    ({ registry }) => registry.addFault(refusePageSizes((size) => size !== undefined)),
    twoAttemptsBudget,
  ),
  tagsFault(
    'large-size-refused',
    'refuses requests without a page size or with one above 100',
    'tags',
    ({ registry }) => registry.addFault(refusePageSizes((size) => size === undefined || size > 100)),
    { requests: 7 },
  ),
  tagsFault(
    'every-size-refused',
    'refuses every request with 400',
    'REGISTRY_RESPONSE',
    ({ registry }) => registry.addFault(refusePageSizes(() => true)),
    { requests: 9 },
  ),
  pageFault(
    'compressed',
    'sends the list with `Content-Encoding: gzip`, which was not requested',
    'tags',
    (good) => ({
      ...good,
      body: gzipSync(good.body),
      headers: { ...good.headers, 'content-encoding': 'gzip' },
    }),
  ),
  pageFault(
    'huge',
    'sends a page of 20 MiB',
    'LIMIT_EXCEEDED',
    () => answer(200, {}, Buffer.alloc(20 * 2 ** 20, ' ')),
    { bytes: 21 * 2 ** 20 },
  ),
  tagsFault(
    'endless',
    'sends a page that never ends',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* repeatForever(' '.repeat(64 * 1024))
        }, everyPage),
      ),
    { bytes: 32 * 2 ** 20 },
  ),
  tagsFault(
    'truncated',
    'closes the connection in the middle of the list, always',
    'NETWORK',
    ({ registry }) => registry.addFault(faults.truncate(5, everyPage)),
    threeAttemptsBudget,
  ),
  ...[408, 429, 500, 502, 503, 504].map((status) =>
    tagsFault(
      `${status}-once`,
      `responds with ${status} once`,
      'tags',
      ({ registry }) => registry.addFault(faults.status(status, onePage)),
      twoAttemptsBudget,
    ),
  ),
  tagsFault(
    'too-many-for-a-second',
    'responds with 429 and `Retry-After` of a second, once',
    'tags',
    ({ registry }) => registry.addFault(faults.status(429, onePage, { 'retry-after': '1' })),
    twoAttemptsBudget,
  ),
  tagsFault(
    'reset-once',
    'resets the connection once in the middle of the list',
    'tags',
    ({ registry }) => registry.addFault(faults.reset(5, onePage)),
    twoAttemptsBudget,
  ),
  tagsFault(
    'stalls-once',
    'stalls once in the middle of the list',
    'tags',
    ({ registry }) => registry.addFault(faults.stall(5, onePage)),
    { ...twoAttemptsBudget, silent: true },
  ),
  tagsFault(
    'next-broken-once',
    'responds to the request for the second page with 503 once',
    'tags',
    ({ registry }) => {
      registry.addFault(faults.header('link', '</v2/team/app/tags/list?last=v1>; rel="next"', onePage))
      registry.addFault(
        faults.answer(
          (good, { url }) => (url.includes('last=') ? { ...good, status: 503 } : undefined),
          onePage,
        ),
      )
    },
    { requests: 6 },
  ),
  tagsFault(
    'stalls',
    'stalls in the middle of the list, always',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(5, everyPage)),
    { ...threeAttemptsBudget, silent: true },
  ),
  tagsFault(
    'silent',
    'does not respond',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, { kind: 'tags', times: Infinity })),
    { ...threeAttemptsBudget, silent: true },
  ),
  tagsFault('missing', 'responds with 404', 'NAME_UNKNOWN', ({ registry }) =>
    registry.addFault(faults.status(404, everyPage)),
  ),
  tagsFault(
    'broken',
    'responds with 500, always',
    'REGISTRY_UNAVAILABLE',
    ({ registry }) => registry.addFault(faults.status(500, everyPage)),
    threeAttemptsBudget,
  ),
  tagsFault(
    'too-many-for-a-day',
    'responds with 429 and `Retry-After` of a day',
    'TOO_MANY_REQUESTS',
    ({ registry }) => registry.addFault(faults.status(429, everyPage, { 'retry-after': '86400' })),
  ),
]

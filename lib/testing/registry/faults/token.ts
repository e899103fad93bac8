/** Faults of the token server. */
import { gzipSync } from 'node:zlib'
import { json, problem, type Answer } from '../answer.js'
import { faults } from '../fault.js'
import { repeatForever, head } from '../wire.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const tokenFault = faultDefiner('token', { requests: 3, bytes: 4096 })
/** Matches every request for a token. */
const everyToken = { kind: 'token', times: Infinity } as const
/** Traffic of a whole pull. */
const fullPullBudget: FaultChange = { requests: 7, bytes: 104 * 1024 }
const budgetFor = (outcome: FaultOutcome): FaultChange => (outcome === 'image' ? fullPullBudget : {})

/** Defines a fault that replaces the token response by the result of `change`, which receives the valid token. */
const tokenMembersFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  change: (good: string) => unknown,
  more: FaultChange = budgetFor(outcome),
): CataloguedFault =>
  tokenFault(
    name,
    behaviour,
    outcome,
    ({ registry }) =>
      registry.addFault(
        faults.body((body) => {
          const { token: good } = JSON.parse(body.toString()) as { token: string } // from the embedded registry
          return Buffer.from(JSON.stringify(change(good)))
        }, everyToken),
      ),
    more,
  )

/** Defines a fault that sends `answer` in place of the token response. */
const tokenResponseFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  answer: Answer | ((scene: FaultScene) => Answer),
  more: FaultChange = budgetFor(outcome),
): CataloguedFault =>
  tokenFault(
    name,
    behaviour,
    outcome,
    (scene) =>
      scene.registry.addFault(
        faults.answer(typeof answer === 'function' ? answer(scene) : answer, everyToken),
      ),
    more,
  )

/** Defines a fault that sends `value` as the token. */
const invalidTokenFault = (name: string, behaviour: string, value: unknown): CataloguedFault =>
  tokenMembersFault(name, behaviour, 'REGISTRY_RESPONSE', () => ({ token: value }))

/** Defines a fault that sends the valid token with the members `more`. */
const lifetimeFault = (
  name: string,
  behaviour: string,
  more: Readonly<Record<string, unknown>>,
): CataloguedFault =>
  tokenMembersFault(name, behaviour, 'image', (good) => ({ token: good, ...more }), fullPullBudget)

const basicOf = ({ username, password }: FaultScene['login']): string =>
  Buffer.from(`${username}:${password}`).toString('base64')

const statusFaults = [
  tokenResponseFault(
    'unauthorized',
    'responds to the token request with 401',
    'UNAUTHORIZED',
    problem(401, 'UNAUTHORIZED', 'no'),
  ),
  tokenResponseFault(
    'denied',
    'responds to the token request with 403',
    'DENIED',
    problem(403, 'DENIED', 'no'),
  ),
  tokenResponseFault(
    'not-found',
    'responds to the token request with 404',
    'REGISTRY_RESPONSE',
    problem(404, 'UNKNOWN', 'no'),
  ),
  tokenResponseFault(
    'broken',
    'responds to the token request with 500, always',
    'REGISTRY_UNAVAILABLE',
    problem(500, 'UNKNOWN', 'no'),
    {
      requests: 7,
      bytes: 8192,
    },
  ),
  tokenFault(
    'broken-once',
    'responds to the first token request with 500',
    'image',
    ({ registry }) => registry.addFault(faults.status(500, { kind: 'token' })),
    { ...fullPullBudget, requests: 9 },
  ),
  tokenFault(
    'reset-once',
    'resets the first connection',
    'image',
    ({ registry }) => registry.addFault(faults.reset(0, { kind: 'token' })),
    { ...fullPullBudget, requests: 9 },
  ),
  tokenFault(
    'truncated-once',
    'closes the connection in the middle of the first token response',
    'image',
    ({ registry }) => registry.addFault(faults.truncate(20, { kind: 'token' })),
    { ...fullPullBudget, requests: 9 },
  ),
  tokenResponseFault(
    'too-many-for-a-day',
    'responds to the token request with 429 and `Retry-After` of a day',
    'TOO_MANY_REQUESTS',
    problem(429, 'TOOMANYREQUESTS', 'no', { 'retry-after': '86400' }),
  ),
  tokenResponseFault(
    'refusal-of-a-page',
    'responds to the token request with 401 and 1 MiB of HTML',
    'UNAUTHORIZED',
    { status: 401, headers: { 'content-type': 'text/html' }, body: Buffer.alloc(2 ** 20, '<p>') },
    { bytes: 2 ** 20 + 8192 },
  ),
  tokenFault(
    'refusal-without-end',
    'responds to the token request with 403 and a body that never ends',
    'DENIED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('403 Forbidden', 'content-type: application/json')
          yield* repeatForever('x'.repeat(4096))
        }, everyToken),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
  tokenResponseFault('no-content', 'responds to the token request with 204', 'REGISTRY_RESPONSE', {
    status: 204,
    headers: {},
    body: Buffer.alloc(0),
  }),
  tokenResponseFault(
    'says-the-password',
    'sends an error message with the password and terminal escape sequences',
    'UNAUTHORIZED',
    ({ login }) =>
      problem(401, 'UNAUTHORIZED', `\u001b[2J${login.username}:${login.password} ${basicOf(login)}\u202e`),
  ),
]

const bodyFaults = [
  tokenResponseFault(
    'no-token',
    'sends a token response without a token',
    'REGISTRY_RESPONSE',
    json(200, { expires_in: 60 }),
  ),
  tokenResponseFault('no-json', 'sends HTML in place of a token response', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html>'),
  }),
  tokenResponseFault('empty-body', 'sends an empty token response', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: {},
    body: Buffer.alloc(0),
  }),
  tokenResponseFault(
    'array',
    'sends an array as the token response',
    'REGISTRY_RESPONSE',
    json(200, [{ token: 'x' }]),
  ),
  tokenResponseFault('null', 'sends `null` as the token response', 'REGISTRY_RESPONSE', json(200, null)),
  tokenResponseFault('proto', 'sends the token inside `__proto__`', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: {},
    body: Buffer.from('{"__proto__":{"token":"abc"}}'),
  }),
  tokenResponseFault('invalid-utf-8', 'sends a token response that is not UTF-8', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: {},
    body: Buffer.from('{"token":"\xff\xfe"}', 'latin1'),
  }),
  tokenResponseFault(
    'wrong-token',
    'sends a token that the registry refuses',
    'UNAUTHORIZED',
    json(200, { token: 'wrong' }),
    {
      requests: 4,
    },
  ),
  tokenResponseFault(
    'long',
    'sends a token response of 1 MiB',
    'LIMIT_EXCEEDED',
    json(200, { token: 'x'.repeat(2 ** 20) }),
    {
      bytes: 2 ** 20 + 4096,
    },
  ),
  tokenFault(
    'endless',
    'sends a token response that never ends',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK', 'content-type: application/json')
          yield '{"token":"'
          yield* repeatForever('x'.repeat(4096))
        }, everyToken),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
  tokenFault(
    'compressed',
    'sends the token response with `Content-Encoding: gzip`, which was not requested',
    'image',
    ({ registry }) =>
      registry.addFault(faults.body((body) => gzipSync(body), everyToken, { 'content-encoding': 'gzip' })),
    fullPullBudget,
  ),
  tokenFault(
    'encoding-claimed',
    'sends the token response uncompressed, but with `Content-Encoding: gzip`',
    'image',
    ({ registry }) => registry.addFault(faults.header('content-encoding', 'gzip', everyToken)),
    fullPullBudget,
  ),
  tokenMembersFault('access-token-only', 'sends the token only as `access_token`', 'image', (good) => ({
    access_token: good,
  })),
  tokenMembersFault(
    'empty-token',
    'sends the token as `access_token`, and an empty `token`',
    'image',
    (good) => ({
      token: '',
      access_token: good,
    }),
  ),
]

const valueFaults = [
  invalidTokenFault('number', 'sends a number as the token', 42),
  invalidTokenFault('object', 'sends an object as the token', { value: 'x' }),
  invalidTokenFault('true', 'sends `true` as the token', true),
  invalidTokenFault('newline', 'sends a token with a line break and a header', 'abc\r\nx-injected: 1'),
  invalidTokenFault('nul', 'sends a token with a NUL', 'abc\u0000def'),
  invalidTokenFault('escape', 'sends a token with a terminal escape sequence', '\u001b[31mabc'),
  invalidTokenFault('blank', 'sends a token with a blank', 'abc def'),
  invalidTokenFault('non-ascii', 'sends a token with characters that are not allowed in a header', 'tökén✓'),
  tokenMembersFault(
    'too-long',
    'sends a token of 70 kB',
    'REGISTRY_RESPONSE',
    () => ({ token: 'x'.repeat(70_000) }),
    {
      bytes: 80 * 1024,
    },
  ),
  tokenFault('8-kb', 'sends tokens of 8 kB', 'image', () => undefined, {
    ...fullPullBudget,
    setting: { auth: { tokenLength: 8_000 } },
    bytes: 128 * 1024,
  }),
  tokenFault('20-kb', 'sends tokens of 20 kB', 'image', () => undefined, {
    ...fullPullBudget,
    setting: { auth: { tokenLength: 20_000 } },
    bytes: 160 * 1024,
  }),
]

const lifetimeFaults = [
  lifetimeFault('no-lifetime', 'sends a token without `expires_in`', {}),
  lifetimeFault('lifetime-zero', 'sends a token with `expires_in` 0', { expires_in: 0 }),
  lifetimeFault('lifetime-negative', 'sends a token with `expires_in` -60', { expires_in: -60 }),
  lifetimeFault('lifetime-text', 'sends a token with `expires_in` "300", a string', { expires_in: '300' }),
  lifetimeFault('lifetime-words', 'sends a token with `expires_in` "soon"', { expires_in: 'soon' }),
  lifetimeFault('lifetime-huge', 'sends a token with `expires_in` 1e300', { expires_in: 1e300 }),
  tokenMembersFault(
    'lifetime-tiny',
    'sends a token with `expires_in` 0.001',
    'image',
    (good) => ({ token: good, expires_in: 0.001 }),
    { ...fullPullBudget, requests: 10 },
  ),
  lifetimeFault('issued-in-future', 'sends a token with `issued_at` in the year 2999', {
    expires_in: 60,
    issued_at: '2999-01-01T00:00:00Z',
  }),
  lifetimeFault('issued-long-ago', 'sends a token with `issued_at` in 1999', {
    expires_in: 60,
    issued_at: '1999-01-01T00:00:00Z',
  }),
  lifetimeFault('issued-never', 'sends a token with an invalid `issued_at`', { issued_at: 'never' }),
]

const redirectFaults = [
  tokenFault(
    'redirect-elsewhere',
    'redirects the token request to another origin',
    'UNAUTHORIZED',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/token`, everyToken))
      elsewhere.hook(() => json(200, { token: 'of-somebody-else' }))
    },
    { requests: 4, elsewhere: 1 },
  ),
  tokenFault(
    'redirect-file',
    'redirects the token request to a `file:` URL',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('file:///etc/passwd', everyToken)),
  ),
  tokenFault(
    'redirect-metadata',
    'redirects the token request to a cloud metadata service',
    'CHALLENGE_INVALID',
    ({ registry }) => registry.addFault(faults.redirect('http://169.254.169.254/token', everyToken)),
  ),
  tokenFault(
    'redirect-loop',
    'redirects the token request in a loop',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('/token', everyToken)),
    { requests: 4, bytes: 8192 },
  ),
  tokenFault(
    'cookie',
    'sets a cookie',
    'image',
    ({ registry }) => registry.addFault(faults.header('set-cookie', 'token=1; Path=/', everyToken)),
    fullPullBudget,
  ),
]

const silenceFaults = [
  tokenFault(
    'silent',
    'does not respond to the token request',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, everyToken)),
    { silent: true, requests: 7 },
  ),
  tokenFault(
    'stall',
    'stalls in the middle of the token response',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(20, everyToken)),
    { silent: true, requests: 7 },
  ),
  tokenFault(
    'drip',
    'sends an endless token response, a byte every 100 ms',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* repeatForever('x', 100)
        }, everyToken),
      ),
    { silent: true, requests: 7, bytes: 8192 },
  ),
]

/** Faults of the token server. */
export const tokenFaults: readonly CataloguedFault[] = [
  ...statusFaults,
  ...bodyFaults,
  ...valueFaults,
  ...lifetimeFaults,
  ...redirectFaults,
  ...silenceFaults,
]

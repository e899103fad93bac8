/** Faults of the token server. */
import { gzipSync } from 'node:zlib'
import { json, problem, type Answer } from '../answer.js'
import { faults } from '../fault.js'
import { forever, head } from '../wire.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const token = faultsOf('token', { requests: 3, bytes: 4096 })
const everyToken = { kind: 'token', times: Infinity } as const
const fullPull: FaultChange = { requests: 7, bytes: 104 * 1024 }
const budgetFor = (outcome: FaultOutcome): FaultChange => (outcome === 'image' ? fullPull : {})

/** Replaces the members of the token response. */
const members = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  change: (good: string) => unknown,
  more: FaultChange = budgetFor(outcome),
): CataloguedFault =>
  token(
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

const tokenResponse = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  answer: Answer | ((scene: FaultScene) => Answer),
  more: FaultChange = budgetFor(outcome),
): CataloguedFault =>
  token(
    name,
    behaviour,
    outcome,
    (scene) =>
      scene.registry.addFault(
        faults.answer(typeof answer === 'function' ? answer(scene) : answer, everyToken),
      ),
    more,
  )

const invalidToken = (name: string, behaviour: string, value: unknown): CataloguedFault =>
  members(name, behaviour, 'REGISTRY_RESPONSE', () => ({ token: value }))

const lifetime = (
  name: string,
  behaviour: string,
  more: Readonly<Record<string, unknown>>,
): CataloguedFault => members(name, behaviour, 'image', (good) => ({ token: good, ...more }), fullPull)

const basicOf = ({ username, password }: FaultScene['login']): string =>
  Buffer.from(`${username}:${password}`).toString('base64')

const statuses = [
  tokenResponse('unauthorized', 'refuses the login', 'UNAUTHORIZED', problem(401, 'UNAUTHORIZED', 'no')),
  tokenResponse('denied', 'denies access', 'DENIED', problem(403, 'DENIED', 'no')),
  tokenResponse('not-found', 'is not there', 'REGISTRY_RESPONSE', problem(404, 'UNKNOWN', 'no')),
  tokenResponse('broken', 'answers 500', 'REGISTRY_UNAVAILABLE', problem(500, 'UNKNOWN', 'no'), {
    requests: 7,
    bytes: 8192,
  }),
  token(
    'broken-once',
    'answers 500 at first',
    'image',
    ({ registry }) => registry.addFault(faults.status(500, { kind: 'token' })),
    { ...fullPull, requests: 9 },
  ),
  token(
    'reset-once',
    'resets the first connection',
    'image',
    ({ registry }) => registry.addFault(faults.reset(0, { kind: 'token' })),
    { ...fullPull, requests: 9 },
  ),
  token(
    'truncated-once',
    'breaks off in the first answer',
    'image',
    ({ registry }) => registry.addFault(faults.truncate(20, { kind: 'token' })),
    { ...fullPull, requests: 9 },
  ),
  tokenResponse(
    'too-many-for-a-day',
    'asks to wait for a day',
    'TOO_MANY_REQUESTS',
    problem(429, 'TOOMANYREQUESTS', 'no', { 'retry-after': '86400' }),
  ),
  tokenResponse(
    'refusal-of-a-page',
    'refuses the login with 1 MiB of HTML',
    'UNAUTHORIZED',
    { status: 401, headers: { 'content-type': 'text/html' }, body: Buffer.alloc(2 ** 20, '<p>') },
    { bytes: 2 ** 20 + 8192 },
  ),
  token(
    'refusal-without-end',
    'refuses the login in words without end',
    'DENIED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('403 Forbidden', 'content-type: application/json')
          yield* forever('x'.repeat(4096))
        }, everyToken),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
  tokenResponse('no-content', 'answers 204', 'REGISTRY_RESPONSE', {
    status: 204,
    headers: {},
    body: Buffer.alloc(0),
  }),
  tokenResponse(
    'says-the-password',
    'tells back what it was sent, with escapes for the terminal',
    'UNAUTHORIZED',
    ({ login }) =>
      problem(401, 'UNAUTHORIZED', `\u001b[2J${login.username}:${login.password} ${basicOf(login)}\u202e`),
  ),
]

const bodies = [
  tokenResponse('no-token', 'gives no token', 'REGISTRY_RESPONSE', json(200, { expires_in: 60 })),
  tokenResponse('no-json', 'answers with a page', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html>'),
  }),
  tokenResponse('empty-body', 'answers with nothing', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: {},
    body: Buffer.alloc(0),
  }),
  tokenResponse('array', 'answers with a list', 'REGISTRY_RESPONSE', json(200, [{ token: 'x' }])),
  tokenResponse('null', 'answers `null`', 'REGISTRY_RESPONSE', json(200, null)),
  tokenResponse('proto', 'hides the token under `__proto__`', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: {},
    body: Buffer.from('{"__proto__":{"token":"abc"}}'),
  }),
  tokenResponse('invalid-utf-8', 'answers with bytes that are no text', 'REGISTRY_RESPONSE', {
    status: 200,
    headers: {},
    body: Buffer.from('{"token":"\xff\xfe"}', 'latin1'),
  }),
  tokenResponse(
    'wrong-token',
    'gives a token that is not taken',
    'UNAUTHORIZED',
    json(200, { token: 'wrong' }),
    {
      requests: 4,
    },
  ),
  tokenResponse('long', 'answers with 1 MiB', 'LIMIT_EXCEEDED', json(200, { token: 'x'.repeat(2 ** 20) }), {
    bytes: 2 ** 20 + 4096,
  }),
  token(
    'endless',
    'never ends its answer',
    'LIMIT_EXCEEDED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK', 'content-type: application/json')
          yield '{"token":"'
          yield* forever('x'.repeat(4096))
        }, everyToken),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
  token(
    'compressed',
    'compresses its answer, which was not requested',
    'image',
    ({ registry }) =>
      registry.addFault(faults.body((body) => gzipSync(body), everyToken, { 'content-encoding': 'gzip' })),
    fullPull,
  ),
  token(
    'encoding-claimed',
    'says that its answer is compressed, which it is not',
    'image',
    ({ registry }) => registry.addFault(faults.header('content-encoding', 'gzip', everyToken)),
    fullPull,
  ),
  members('access-token-only', 'gives it as `access_token`', 'image', (good) => ({ access_token: good })),
  members('empty-token', 'gives it as `access_token`, and an empty `token`', 'image', (good) => ({
    token: '',
    access_token: good,
  })),
]

const values = [
  invalidToken('number', 'gives a number for a token', 42),
  invalidToken('object', 'gives an object for a token', { value: 'x' }),
  invalidToken('true', 'gives `true` for a token', true),
  invalidToken('newline', 'puts a header into the token', 'abc\r\nx-injected: 1'),
  invalidToken('nul', 'puts a NUL into the token', 'abc\u0000def'),
  invalidToken('escape', 'puts an escape into the token', '\u001b[31mabc'),
  invalidToken('blank', 'puts a blank into the token', 'abc def'),
  invalidToken('non-ascii', 'puts letters into the token that no header takes', 'tökén✓'),
  members('too-long', 'gives a token of 70 KB', 'REGISTRY_RESPONSE', () => ({ token: 'x'.repeat(70_000) }), {
    bytes: 80 * 1024,
  }),
  token('8-kb', 'gives tokens of 8 KB', 'image', () => undefined, {
    ...fullPull,
    setting: { auth: { tokenLength: 8_000 } },
    bytes: 128 * 1024,
  }),
  token('20-kb', 'gives tokens of 20 KB', 'image', () => undefined, {
    ...fullPull,
    setting: { auth: { tokenLength: 20_000 } },
    bytes: 160 * 1024,
  }),
]

const lifetimes = [
  lifetime('no-lifetime', 'does not say how long the token lives', {}),
  lifetime('lifetime-zero', 'says that it lives 0 s', { expires_in: 0 }),
  lifetime('lifetime-negative', 'says that it lives -60 s', { expires_in: -60 }),
  lifetime('lifetime-text', 'says that it lives "300" s', { expires_in: '300' }),
  lifetime('lifetime-words', 'says that it lives "soon"', { expires_in: 'soon' }),
  lifetime('lifetime-huge', 'says that it lives 1e300 s', { expires_in: 1e300 }),
  members(
    'lifetime-tiny',
    'says that it lives 1 ms',
    'image',
    (good) => ({ token: good, expires_in: 0.001 }),
    { ...fullPull, requests: 10 },
  ),
  lifetime('issued-in-future', 'says that it was issued in the year 2999', {
    expires_in: 60,
    issued_at: '2999-01-01T00:00:00Z',
  }),
  lifetime('issued-long-ago', 'says that it was issued in 1999', {
    expires_in: 60,
    issued_at: '1999-01-01T00:00:00Z',
  }),
  lifetime('issued-never', 'says that it was issued at no date', { issued_at: 'never' }),
]

const places = [
  token(
    'redirect-elsewhere',
    'sends the login to another origin',
    'UNAUTHORIZED',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/token`, everyToken))
      elsewhere.hook(() => json(200, { token: 'of-somebody-else' }))
    },
    { requests: 4, elsewhere: 1 },
  ),
  token('redirect-file', 'sends the login to a file', 'REDIRECT_REFUSED', ({ registry }) =>
    registry.addFault(faults.redirect('file:///etc/passwd', everyToken)),
  ),
  token('redirect-metadata', 'sends the login to a metadata service', 'CHALLENGE_INVALID', ({ registry }) =>
    registry.addFault(faults.redirect('http://169.254.169.254/token', everyToken)),
  ),
  token(
    'redirect-loop',
    'sends the login in a circle',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('/token', everyToken)),
    { requests: 4, bytes: 8192 },
  ),
  token(
    'cookie',
    'sets a cookie',
    'image',
    ({ registry }) => registry.addFault(faults.header('set-cookie', 'token=1; Path=/', everyToken)),
    fullPull,
  ),
]

const silences = [
  token(
    'silent',
    'takes the login and says nothing',
    'STALLED',
    ({ registry }) => registry.addFault(faults.slow(60_000, everyToken)),
    { silent: true, requests: 7 },
  ),
  token(
    'stall',
    'stops in the middle of its answer',
    'STALLED',
    ({ registry }) => registry.addFault(faults.stall(20, everyToken)),
    { silent: true, requests: 7 },
  ),
  token(
    'drip',
    'answers with a byte now and then',
    'STALLED',
    ({ registry }) =>
      registry.addFault(
        faults.wire(function* () {
          yield head('200 OK')
          yield* forever('x', 100)
        }, everyToken),
      ),
    { silent: true, requests: 7, bytes: 8192 },
  ),
]

/** Faults of the token server. */
export const tokenFaults: readonly CataloguedFault[] = [
  ...statuses,
  ...bodies,
  ...values,
  ...lifetimes,
  ...places,
  ...silences,
]

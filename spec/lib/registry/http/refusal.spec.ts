import { describe, expect, it } from 'vitest'
import type { WindlassError } from '../../../../lib/errors.js'
import { Credential, onlyFor } from '../../../../lib/registry/index.js'
import { type Answer, problem, type TestRegistry } from '../../../../lib/testing/registry/index.js'
import { withRegistry } from '../../../support/with-registry.js'

const login = { username: 'me', password: 'sesame-1234' }
const known = ({ host }: TestRegistry) => ({
  credentials: onlyFor(host, Credential.password(login.username, login.password)),
})

const text = (status: number, body: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers,
  body: Buffer.from(body),
})

/** Returns the error for the response `answer` to a request for `team/app:latest`, with HOST in place of the registry. */
async function refused(
  answer: Answer,
  client: Parameters<typeof withRegistry>[1] = {},
): Promise<{ readonly message: string; readonly hint: string | undefined; readonly code: string }> {
  const errors: { message: string; hint: string | undefined; code: string }[] = []
  await withRegistry({}, client, async ({ repository, registry }) => {
    registry.hook(({ kind }) => (kind === 'manifest' ? answer : undefined))
    const error: unknown = await repository.manifest('latest').catch((caught: unknown) => caught)
    const { message, hint, code } = error as { message: string; hint: string | undefined; code: string }
    const named = (words: string): string => words.replaceAll(registry.host, 'HOST')
    errors.push({ message: named(message), hint: hint === undefined ? undefined : named(hint), code })
  })
  return errors[0]!
}

const failed = 'Failed to get the manifest of "team/app:latest" from HOST'

describe('the error for a refusal', () => {
  it.each([
    ['proxy', 'proxy'],
    ['dfdaemon', 'proxy'],
    ['backend', 'upstream'],
    ['other', undefined],
  ])('knows who failed from the header of Dragonfly: %s', (type, faultySide) =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind }) =>
        kind === 'manifest' ? text(502, '', { 'x-dragonfly-error-type': type }) : undefined,
      )
      const error: unknown = await repository.manifest('latest').catch((caught: unknown) => caught)
      expect((error as WindlassError).faultySide).toBe(faultySide)
    }),
  )

  it.each(['manifest unknown', 'Manifest unknown', ''])(
    'reports a missing image only once if the registry says %j',
    async (words) => {
      expect(await refused(problem(404, 'MANIFEST_UNKNOWN', words))).toMatchObject({
        code: 'MANIFEST_UNKNOWN',
        message: 'HOST has no image "team/app:latest"',
        hint: 'List the tags with “windlass tags HOST/team/app”.',
      })
    },
  )

  it('distinguishes a missing repository from a missing image, and suggests to log in', async () => {
    const answer = problem(404, 'NAME_UNKNOWN', 'repository name not known to registry')
    const message = 'HOST has no repository "team/app"'
    const anonymous = await refused(answer)
    expect(anonymous.message).toBe(message)
    expect(anonymous.hint).toMatch(/^Check the spelling of the name\. If the repository is private, log in: /)
    expect(await refused(answer, known)).toMatchObject({ message, hint: 'Check the spelling of the name.' })
  })

  it.each([
    [401, {}, 'HOST requires a login for "team/app:latest"'],
    [401, known, 'HOST rejected the login for "team/app:latest"'],
    [403, {}, 'HOST denied anonymous access to "team/app:latest"'],
    [403, known, 'HOST denied access to "team/app:latest"'],
  ])('reports for %d whether a login was sent (%#)', async (status, client, message) => {
    const basic = { 'www-authenticate': 'Basic realm="x"' }
    const error = await refused(problem(status, 'UNAUTHORIZED', 'authentication required', basic), client)
    expect(error.message).toBe(message)
    expect(error.hint).toContain(
      client === known ? 'Check the user name and password for HOST' : '--username NAME',
    )
    expect(JSON.stringify(error)).not.toContain('sesame')
  })

  it('reports how long to wait after too many requests, or suggests to log in', async () => {
    const message = `${failed}: too many requests (HTTP 429)`
    const answer = (headers: Answer['headers']) =>
      problem(429, 'TOOMANYREQUESTS', 'too many requests', headers)
    expect(await refused(answer({ 'retry-after': '90' }))).toMatchObject({
      message,
      hint: 'Try again in 90 seconds: HOST accepts no requests before that.',
    })
    const anonymous = await refused(answer({}))
    expect(anonymous.message).toBe(message)
    expect(anonymous.hint).toMatch(/^Try again later\. A login may allow more requests: --username NAME/)
    expect(await refused(answer({}), known)).toMatchObject({ message, hint: 'Try again later.' })
  })

  it.each([
    [300, true],
    [301, false],
  ])('can be retried if the registry asks for at most five minutes: %d seconds', (seconds, retryable) =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const headers = { 'retry-after': String(seconds) }
      registry.hook(({ kind }) => (kind === 'manifest' ? text(429, '', headers) : undefined))
      const error: unknown = await repository.manifest('latest').catch((caught: unknown) => caught)
      expect(error).toMatchObject({ retryAfter: seconds * 1000, retryable })
    }),
  )

  it.each([
    [500, '', 'HTTP 500 (Internal Server Error)', 'Try again later.'],
    [503, '<html>down</html>', 'HTTP 503 (Service Unavailable)', 'Try again later.'],
    [599, '', 'HTTP 599', 'Try again later.'],
    [
      ...([511, '<html>log in</html>', 'HTTP 511 (Network Authentication Required)'] as const),
      'This network requires a login (a captive portal): open a page in a browser.',
    ],
    [
      ...([400, 'Client sent an HTTP request to an HTTPS server.\n', 'HTTP 400 (Bad Request)'] as const),
      'HOST expects HTTPS: leave out --plain-http.',
    ],
    [418, '', "HTTP 418 (I'm a Teapot)", undefined],
  ])('names the status if there is no better message: %d %j', async (status, body, why, hint) => {
    expect(await refused(text(status, body))).toMatchObject({ message: `${failed}: ${why}`, hint })
  })

  it('adds the message of the registry, with its code unless the text already explains the status', async () => {
    expect((await refused(problem(404, 'MANIFEST_UNKNOWN', 'it moved to team/new'))).message).toBe(
      'HOST has no image "team/app:latest": it moved to team/new',
    )
    expect((await refused(problem(500, 'UNKNOWN', 'disk on fire'))).message).toBe(
      `${failed}: HTTP 500 (Internal Server Error): UNKNOWN: disk on fire`,
    )
  })

  it('treats a 404 with a web page as a server that is not a registry', async () => {
    expect(await refused(text(404, '<h1>Not Found</h1>'))).toMatchObject({
      message: 'HOST has no image "team/app:latest"',
      hint: 'Check the name, and that HOST is a registry of protocol version 2: version 1 is not supported.',
    })
  })
})

describe('a web page in place of a manifest', () => {
  it('is reported as a web page, with a hint about captive portals', async () => {
    expect(await refused(text(200, '<!DOCTYPE html><title>Log in</title>'))).toEqual({
      code: 'MANIFEST_INVALID',
      message: `${failed}: it answered with a web page`,
      hint: 'Is HOST a registry? If this network has a login page (a captive portal), log in with a browser.',
    })
  })
})

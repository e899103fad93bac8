import { readFile, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asWindlassError } from '../../../../../lib/errors.js'
import { CredentialHelper } from '../../../../../lib/registry/credentials/helper/credential-helper.js'
import { temporaryHelpers } from '../../../../support/credential-helpers.js'

describe('a credential helper', () => {
  const helpers = temporaryHelpers()
  const helper = (name: string, timeout?: number, env: NodeJS.ProcessEnv = {}) =>
    new CredentialHelper(name, {
      env: { PATH: `${helpers.bin}:/usr/bin:/bin`, ...env },
      ...(timeout !== undefined && { timeout }),
    })
  const failureOf = async (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => asWindlassError(error),
    )

  it('stores, gets, lists and erases logins', async () => {
    await helpers.add('keys', {})
    const keys = helper('keys')
    await keys.store('a.example', { username: 'user', secret: 'sesame' })
    await keys.store('https://index.docker.io/v1/', { username: '<token>', secret: 'refresh' })
    expect(await keys.get('a.example')).toEqual({ username: 'user', secret: 'sesame' })
    expect((await keys.get('https://index.docker.io/v1/'))?.secret).toBe('refresh')
    expect(await keys.list()).toEqual(
      new Map([
        ['a.example', 'user'],
        ['https://index.docker.io/v1/', '<token>'],
      ]),
    )
    await keys.erase('a.example')
    await keys.erase('a.example')
    expect(await keys.get('a.example')).toBeUndefined()
  })

  it.each([
    ['echo null', 'null, as Go writes an empty map'],
    ["echo '{}'", 'an empty object'],
    [`echo 'credentials not found in native keychain'; exit 1`, 'the message of the protocol'],
  ])('has no logins after %s: %s', async (script) => {
    await helpers.addScript('x', script)
    expect(await helper('x').list()).toEqual(new Map())
  })

  it.each([
    [`echo '{"ServerURL":"a","Username":"","Secret":""}'`, 'an empty login'],
    [`echo 'credentials not found in native keychain'; exit 1`, 'the message of the protocol'],
    [`echo 'error: Credentials not found in native keychain' >&2; exit 1`, 'that message on stderr'],
  ])('has no login after %s', async (script) => {
    await helpers.addScript('x', script)
    expect(await helper('x').get('a')).toBeUndefined()
  })

  it('may write the names of the fields in another case', async () => {
    await helpers.addScript('x', `echo '{"username":"u","secret":"p"}'`)
    expect((await helper('x').get('a'))?.username).toBe('u')
  })

  it.each([
    ['', 'its output is not that of a credential helper'],
    ['echo sesame-1234', 'its output is not that of a credential helper'],
    [`echo '{"Username":"u"}'`, 'its output is not that of a credential helper'],
    ['echo sesame-1234; exit 3', 'it exited with 3'],
    ['kill -9 $$', 'it was ended by SIGKILL'],
    ['echo "pass not initialized: exit status 1: sesame-1234"; exit 1', 'its store is not initialised'],
    ['echo no keyring >&2; echo sesame-1234; exit 1', 'it exited with 1; it wrote: no keyring'],
    ['echo "password: sesame-1234" >&2; exit 1', 'it exited with 1; it wrote: password: ***'],
    ['head -c 2000000 /dev/zero', 'its output is too long'],
  ])('that does %j is named in the error, without what it writes to stdout', async (script, why) => {
    await helpers.addScript('x', script)
    const error = await failureOf(helper('x').get('a.example'))
    expect(error).toMatchObject({
      code: 'USAGE',
      message: `Failed to get the login for a.example: the credential helper docker-credential-x failed: ${why}`,
      hint: expect.any(String),
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('sesame')
  })

  it('that refuses to store a login does not reveal its secret', async () => {
    await helpers.addScript('x', 'cat >&2; exit 1')
    const error = await failureOf(helper('x').store('a', { username: 'u', secret: 'open it' }))
    expect(error?.message).toContain('docker-credential-x failed: it exited with 1; it wrote:')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('open it')
  })

  it('is stopped after its time limit, with the processes that it started', async () => {
    await helpers.addScript('x', `sleep 60 & echo $! > '${helpers.bin}/pid'; wait`)
    const started = performance.now()
    expect(await failureOf(helper('x', 300).get('a'))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('docker-credential-x failed: it did not answer within'),
    })
    expect(performance.now() - started).toBeLessThan(10_000)
    const pid = Number(await readFile(`${helpers.bin}/pid`, 'utf8'))
    // It may remain as a zombie if process 1 of the machine collects none.
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
    expect(state).toMatch(/\) Z/)
  })

  it('that ignores SIGTERM is killed', async () => {
    await helpers.addScript('x', `trap '' TERM; while :; do sleep 0.1; done`)
    expect(await failureOf(helper('x', 200).get('a'))).toMatchObject({ code: 'USAGE' })
  })

  it('is stopped when the lookup is cancelled', async () => {
    await helpers.addScript('x', 'exec sleep 60')
    const controller = new AbortController()
    const failed = failureOf(helper('x').get('a', controller.signal))
    setTimeout(() => controller.abort(), 100)
    expect(await failed).toMatchObject({ code: 'CANCELLED' })
    expect(await failureOf(helper('x').get('a', controller.signal))).toMatchObject({ code: 'CANCELLED' })
  })

  it('may leave a process behind that keeps its output open', async () => {
    await helpers.addScript('x', `setsid sleep 5 & echo '{"Username":"u","Secret":"p"}'`)
    const started = performance.now()
    expect((await helper('x').get('a'))?.username).toBe('u')
    expect(performance.now() - started).toBeLessThan(4_500)
  })

  it('receives the server on stdin, and only the variables that it needs', async () => {
    await helpers.addScript(
      'x',
      `cat > '${helpers.bin}/in'; env > '${helpers.bin}/env'; pwd > '${helpers.bin}/pwd'
      echo '{"Username":"u","Secret":"p"}'`,
    )
    await helper('x', undefined, { HOME: '/home/x', WINDLASS_PASSWORD: 'sesame', CI_TOKEN: 'sesame' }).get(
      'a; id',
    )
    const left = async (name: string) => readFile(`${helpers.bin}/${name}`, 'utf8')
    expect(await left('in')).toBe('a; id')
    expect(await left('env')).not.toContain('sesame')
    expect(await left('env')).toContain('HOME=/home/x')
    expect(await left('pwd')).toBe('/\n')
  })

  it('that cannot be started is named in the error', async () => {
    await helpers.addScript('x', '')
    await writeFile(`${helpers.bin}/docker-credential-x`, '\u007fELF')
    expect((await failureOf(helper('x').get('a')))?.message).toMatch(
      /docker-credential-x failed: it (cannot be started \(ENOEXEC\)|exited with \d+)/,
    )
    expect((await failureOf(helper('y').get('a')))?.message).toContain(
      'docker-credential-y failed: it is not installed',
    )
  })

  it('property: a name that is no part of a file name runs nothing', () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 12 }),
        fc.constantFrom('/', '\0', '\n', ' ', ''),
        async (text, part) => {
          const name = `${text}${part}`
          fc.pre(!/^[\w.+-]+$/.test(name) || !/^[A-Za-z0-9]/.test(name))
          const error = await failureOf(helper(name).get('a'))
          expect(error).toMatchObject({
            code: 'USAGE',
            message: expect.stringContaining('its name is invalid'),
          })
        },
      ),
      { numRuns: 200 },
    ))
})

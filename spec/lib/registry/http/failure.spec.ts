import { spawnSync } from 'node:child_process'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../../../lib/registry/http/failure.js'

const url = new URL('https://registry.test/v2/')

describe('a failure below HTTP', () => {
  it.each([
    ['ENOTFOUND', 'NETWORK', false],
    ['EAI_AGAIN', 'NETWORK', true],
    ['ECONNREFUSED', 'NETWORK', true],
    ['ECONNRESET', 'NETWORK', true],
    ['EPROTO', 'TLS', false],
    ['CERT_HAS_EXPIRED', 'TLS', false],
    ['HPE_INVALID_CONSTANT', 'REGISTRY_RESPONSE', false],
  ])('%s is reported as %s, and is retryable: %s', (code, meaning, retryable) => {
    const error = Object.assign(new Error('no'), { code })
    expect(failureOf(error, { purpose: 'get it', url })).toMatchObject({ code: meaning, retryable })
  })

  it('contains nothing of the failed request, which contains credentials', () => {
    const options = { headers: { authorization: 'Basic c2VzYW1l' } }
    const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET', options })
    for (const error of [cause, Object.assign(new Error('got', { cause }), { options })]) {
      const failure = failureOf(error, { purpose: 'get it', url })
      expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('c2VzYW1l')
      expect(failure.cause).toMatchObject({ code: 'ECONNRESET' })
    }
  })
})

describe('a connection beyond the limit of open files', () => {
  it.each(['EMFILE', 'ENFILE'])('is reported as a limit of this machine, not of the registry: %s', (code) => {
    const cause = Object.assign(new Error(`connect ${code}`), { code })
    for (const error of [
      cause,
      Object.assign(new Error('got', { cause }), { code: 'ERR_GOT_REQUEST_ERROR' }),
    ])
      expect(failureOf(error, { purpose: 'get it', url })).toMatchObject({
        code: 'STORE_IO',
        message: 'Failed to get it from registry.test: too many open files',
        hint: expect.stringContaining('ulimit -n') as string,
      })
  })

  it.each([
    ['directly', {}],
    ['through a proxy', { HTTPS_PROXY: 'http://127.0.0.1:9' }],
    ['through a SOCKS proxy', { HTTPS_PROXY: 'socks5://127.0.0.1:9' }],
  ])('is reported as such when connecting %s', (_, env) => {
    const registries = new URL('../../../../lib/registry/index.ts', import.meta.url).href
    const registry = 'HTTPS_PROXY' in env ? 'registry.test' : '127.0.0.1:9'
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -n 200; exec "$0" "$@"',
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        `import { openSync } from 'node:fs'
        import { Registries } from ${JSON.stringify(registries)}
        const source = new Registries(${JSON.stringify({ env })}).repository({ registry: '${registry}', repository: 'a' })
        // The first request loads the modules that the second one needs.
        await source.manifest('latest').catch(() => undefined)
        try { for (;;) openSync('/dev/null') } catch {}
        await source.manifest('latest').catch(({ code, message, hint }) => console.log([code, message, hint].join('\\n')))
        process.exit()`,
      ],
      { encoding: 'utf8', timeout: 30_000 },
    )
    expect(stdout, stderr).toMatch(/^STORE_IO\nFailed to .*: too many open files\n.*ulimit -n/)
  })
})

describe('a response that is not valid HTTP', () => {
  const invalid = Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_CHUNK_SIZE' })

  it('can be resumed if it became invalid within its body', () => {
    expect(failureOf(invalid, { purpose: 'get it', url }, 2000)).toMatchObject({
      code: 'NETWORK',
      retryable: true,
      message: expect.stringMatching(
        /^Failed to get it from registry\.test: the response became invalid HTTP after 2.* \(HPE_INVALID_CHUNK_SIZE\)$/,
      ) as string,
    })
  })

  it('is of no registry if it was invalid from its start', () => {
    expect(failureOf(invalid, { purpose: 'get it', url })).toMatchObject({
      code: 'REGISTRY_RESPONSE',
      retryable: false,
    })
  })
})

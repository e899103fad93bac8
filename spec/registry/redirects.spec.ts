import { describe, expect, it } from 'vitest'
import { Credential, onlyFor } from '../../lib/registry/index.js'
import { faults, startRegistry } from '../../lib/testing/registry/index.js'
import { bytesOf, content, talk, withRegistry } from './with-registry.js'

const known = ({ host }: { host: string }) => ({
  credentials: onlyFor(host, Credential.password('user', 'sesame')),
})
const basic = { kind: 'basic', username: 'user', password: 'sesame' } as const

describe('redirects', () => {
  it('S0-84 follows a blob elsewhere without the credentials, the other headers kept', async () => {
    const elsewhere = await startRegistry()
    elsewhere.putBlob(content)
    await withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/x/blobs/${blob.digest}?signature=secret`))
      const body = await repository.blob(blob, { offset: 10 })
      expect(body).toMatchObject({ host: elsewhere.host, offset: 10 })
      expect((await bytesOf(body)).equals(content.subarray(10))).toBe(true)
      expect(elsewhere.requests[0]?.headers).toMatchObject({
        range: 'bytes=10-',
        'accept-encoding': 'identity',
      })
      expect(elsewhere.requests[0]?.headers).not.toHaveProperty('authorization')
    })
    await elsewhere.close()
  })

  it('does not take the credentials up again on the way back', async () => {
    const elsewhere = await startRegistry()
    await withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      const back = `${registry.url}/v2/team/app/blobs/${blob.digest}`
      elsewhere.addFault(faults.redirect(back))
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/x/blobs/${blob.digest}`, { times: 1 }))
      await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      expect(registry.requests.at(-1)?.headers).not.toHaveProperty('authorization')
      expect(talk(registry)).toEqual(['blob 307', 'blob 401'])
    })
    await elsewhere.close()
  })

  it('keeps them within the origin, over one connection', () =>
    withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`/v2/other/blobs/${blob.digest}`, { nth: 1, times: 1 }, 302))
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(registry.connections).toBe(1)
    }))

  it.each([
    [undefined, 10],
    [{ redirects: 2 }, 2],
    [{ redirects: 0 }, 0],
  ])('ends after ten, or as many as the limit says (%o)', (limits, most) =>
    withRegistry({}, { ...(limits && { limits }) }, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`/v2/team/app/blobs/${blob.digest}`))
      await expect(repository.blob(blob)).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(`more than redirects allows (${most})`) as string,
        hint: expect.stringContaining('--limit redirects=N') as string,
      })
      expect(talk(registry)).toHaveLength(most + 1)
    }),
  )

  it('follows more of them where more are allowed', () =>
    withRegistry({}, { limits: { redirects: 12 } }, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`/v2/team/app/blobs/${blob.digest}`, { times: 12 }))
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
    }))

  it.each(['file:///etc/passwd', 'unix:/run/x', 'data:,x', 'ftp://a/b', 'http://'])(
    'does not follow to %s',
    (to) =>
      withRegistry({}, {}, async ({ repository, registry, blob }) => {
        registry.addFault(faults.redirect(to))
        await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' })
      }),
  )
})

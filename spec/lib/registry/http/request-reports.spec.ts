import { describe, expect, it } from 'vitest'
import type { RequestReport } from '../../../../lib/image/index.js'
import { faults } from '../../../../lib/testing/registry/index.js'
import { content, withRegistry } from '../../../support/with-registry.js'

/** The reports of the requests for content, without the search for the scheme. */
const ofContent = (reports: readonly RequestReport[]): readonly RequestReport[] =>
  reports.filter(({ url }) => !url.endsWith('/v2/'))

async function readAll(stream: NodeJS.ReadableStream): Promise<void> {
  for await (const chunk of stream) expect(chunk).toBeInstanceOf(Buffer)
}

describe('reports of requests', () => {
  it('have the method, the address, the status, the bytes and the duration', async () => {
    const reports: RequestReport[] = []
    await withRegistry(
      {},
      { onRequest: (report) => reports.push(report) },
      async ({ repository, registry, blob }) => {
        const own: RequestReport[] = []
        const { stream } = await repository.blob(blob, { onRequest: (report) => own.push(report) })
        expect(own).toEqual([])
        await readAll(stream)
        await new Promise((resolve) => setImmediate(resolve))
        expect(own).toEqual([
          {
            ...{ method: 'GET', role: 'registry', status: 200, received: content.length },
            url: `http://${registry.host}/v2/team/app/blobs/${blob.digest}`,
            duration: expect.any(Number),
          },
        ])
        expect(ofContent(reports)).toEqual(own)
        await repository.manifest('latest', { onRequest: (report) => own.push(report) })
        await expect(repository.manifest('none')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
        expect(ofContent(reports).map(({ url, status }) => [url.split('/').at(-1), status])).toEqual([
          [blob.digest, 200],
          ['latest', 200],
          ['none', 404],
        ])
      },
    )
  })

  it('name where a registry redirects to, and its token server, and contain no query', async () => {
    const reports: RequestReport[] = []
    const onRequest = (report: RequestReport): number => reports.push(report)
    await withRegistry({ auth: { kind: 'token' } }, { onRequest }, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      await withRegistry({}, {}, async (storage) => {
        const location = `http://${storage.registry.host}/v2/team/app/blobs/${blob.digest}?signature=secret`
        registry.addFault(faults.redirect(location))
        await readAll((await repository.blob(blob)).stream)
      })
    })
    expect(JSON.stringify(reports)).not.toMatch(/secret|signature|service=/)
    expect(new Set(reports.map(({ role }) => role))).toEqual(new Set(['registry', 'token-server', 'storage']))
  })

  it('have the code of a failure, before the response and in the body', async () => {
    const reports: RequestReport[] = []
    const onRequest = (report: RequestReport): number => reports.push(report)
    await withRegistry({}, { onRequest }, async ({ repository, registry, blob }) => {
      registry.addFault(faults.truncate(1_000))
      const { stream } = await repository.blob(blob)
      await expect(readAll(stream)).rejects.toMatchObject({ code: 'NETWORK' })
      const aborted = new AbortController()
      registry.addFault(faults.stall(10))
      const stalled = await repository.blob(blob, { signal: aborted.signal })
      aborted.abort()
      await expect(readAll(stalled.stream)).rejects.toMatchObject({ code: 'CANCELLED' })
      await registry.close()
      await expect(repository.manifest('latest')).rejects.toMatchObject({ code: 'NETWORK' })
    })
    expect(ofContent(reports).map(({ status, error }) => [status, error])).toEqual([
      [200, 'NETWORK'],
      [200, 'CANCELLED'],
      [undefined, 'NETWORK'],
    ])
  })
})

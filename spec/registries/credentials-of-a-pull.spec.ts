/** Pulls of one puller with credentials of their own. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { open, type Windlass } from '../../puller/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe.each(['basic', 'token'] as const)(
  'pulls with credentials of their own, from a registry with %s',
  (kind) => {
    const directory = temporaryDirectory()
    const right = { username: 'u', password: 'p' }
    let registry: TestRegistry
    let windlass: Windlass
    let name = ''
    beforeAll(async () => {
      registry = await startRegistry({ auth: { kind, ...right }, bytesPerSecond: 2_000_000 })
      name = `${registry.host}/team/app:1`
      const content = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * at) % 251))
      const image = buildImage({ layers: [{ entries: [{ path: 'f', content }] }], compression: 'none' })
      await putImage(registry, 'team/app', '1', image)
      windlass = await open({ store: join(directory, kind) })
    })
    afterAll(async () => {
      await windlass.close()
      await registry.close()
    })

    it('do not share them, while both run and afterwards', async () => {
      const own = { credentials: { [registry.host]: right } }
      const wrong = { credentials: { [registry.host]: { username: 'u', password: 'wrong' } } }
      const [pulled, ...refused] = await Promise.allSettled([
        windlass.pull(name, own).done,
        windlass.pull(name).done,
        windlass.pull(name, wrong).done,
      ])
      expect(pulled.status).toBe('fulfilled')
      for (const each of refused)
        expect(each).toMatchObject({ status: 'rejected', reason: { code: 'UNAUTHORIZED' } })
      await expect(windlass.pull(name).done).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      await expect(windlass.pull(name, own).done).resolves.toMatchObject({ status: 'up-to-date' })
    })

    it('take them for all tags of a repository', async () => {
      const repository = `${registry.host}/team/app`
      const own = { credentials: { [registry.host]: right } }
      await expect(windlass.pullAllTags(repository, own).done).resolves.toMatchObject({ failed: 0 })
      await expect(windlass.pullAllTags(repository).done).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    })

    it('check a login, and keep nothing of it', async () => {
      await expect(windlass.content.checkLogin(registry.host, right)).resolves.toBeUndefined()
      await expect(
        windlass.content.checkLogin(registry.host, { username: 'u', password: 'wrong' }),
      ).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
        message: expect.not.stringContaining('wrong') as unknown,
      })
      await expect(windlass.pull(name).done).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    })
  },
)

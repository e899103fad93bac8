import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import type { ImageRequest } from '../../../lib/stages/index.js'
import { buildImage } from '../../../lib/testing/images/index.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'
import { putNamed } from '../../support/store/images-in-a-store.js'
import { chooseImage } from '../../../puller/names/choose-image.js'
import type { Located } from '../../../puller/names/located.js'

const { manifest } = buildImage({ layers: [] })
const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }

/** A candidate whose registry has the image, or fails with the given code. */
function candidate(name: string, code?: string) {
  const answer = vi.fn(() =>
    code === undefined
      ? Promise.resolve({ bytes: manifest.bytes, contentType: manifest.mediaType, host: name })
      : Promise.reject(new WindlassError(code as never, `${name} says ${code}`)),
  )
  const source = { host: name, manifest: answer }
  const request = { name, typed: 'app', target: '1', source } as unknown as ImageRequest
  return { request, reason: `the file of ${name}`, answer }
}
const located = (all: readonly ReturnType<typeof candidate>[], more: Partial<Located> = {}): Located => ({
  ...{ typed: 'app', mode: 'permissive', ...more },
  candidates: all.map(({ request, reason }) => ({ request, reason })) as unknown as Located['candidates'],
})

describe('the image that a name means', () => {
  const stores = new TemporaryStores()
  const formerly = { name: 'docker.io/library/app:1' } as ImageRequest
  const choose = async (meant: Located, store?: Awaited<ReturnType<TemporaryStores['open']>>) => {
    const warnings: string[] = []
    const onWarning = (code: string, message: string): void => void warnings.push(`${code}: ${message}`)
    const { name } = await chooseImage(meant, { retry, onWarning, store })
    return { name, warnings }
  }

  it('is the only candidate that the name itself states, without a question and a warning', async () => {
    const { request, answer } = candidate('one/app:1', 'DENIED')
    const meant: Located = { typed: 'app', candidates: [{ request }], mode: 'permissive' }
    expect(await choose(meant)).toEqual({ name: 'one/app:1', warnings: [] })
    expect(answer).not.toHaveBeenCalled()
  })

  it('is the only candidate of a file, with a warning if the name meant another image before', async () => {
    const only = candidate('one/app:1', 'DENIED')
    expect(await choose(located([only]))).toEqual({ name: 'one/app:1', warnings: [] })
    expect((await choose(located([only], { formerly }))).warnings).toEqual([
      'short-name-resolved: "app" is one/app:1, by the file of one/app:1',
    ])
    expect(only.answer).not.toHaveBeenCalled()
  })

  it('is the first one that its registry has, with a warning', async () => {
    const all = [candidate('one/app:1', 'MANIFEST_UNKNOWN'), candidate('two/app:1'), candidate('three/app:1')]
    expect(await choose(located(all))).toEqual({
      ...{
        name: 'two/app:1',
        warnings: ['short-name-resolved: "app" is two/app:1, by the file of two/app:1'],
      },
    })
    expect(all[2]!.answer).not.toHaveBeenCalled()
  })

  it('cannot be chosen if no registry has it, with the reason of one that could not say', async () => {
    const all = [candidate('one/app:1', 'MANIFEST_UNKNOWN'), candidate('two/app:1', 'DENIED')]
    await expect(choose(located(all))).rejects.toMatchObject({
      code: 'DENIED',
      message: 'No registry provides "app": one/app:1 says MANIFEST_UNKNOWN; two/app:1 says DENIED',
    })
  })

  it('must be stated if the files forbid to choose', async () => {
    const all = [candidate('one/app:1'), candidate('two/app:1')]
    await expect(choose(located(all, { mode: 'enforcing' }))).rejects.toMatchObject({ code: 'USAGE' })
    expect(await choose(located(all.slice(0, 1), { mode: 'enforcing' }))).toMatchObject({ name: 'one/app:1' })
  })

  it('is the one that the store has, without a question', async () => {
    const store = await stores.open()
    const all = [candidate('one.example/app:1'), candidate('two.example/app:1')]
    await putNamed(store, 'two.example/app:1', '{}')
    expect(await choose(located(all, { mode: 'enforcing' }), store)).toEqual({
      ...{ name: 'two.example/app:1', warnings: [] },
    })
    expect(all[0]!.answer).not.toHaveBeenCalled()
  })

  it('is that of Docker Hub if the store has it under the name from before', async () => {
    const store = await stores.open()
    await putNamed(store, formerly.name, '{}')
    const all = [candidate('one.example/app:1'), candidate('two.example/app:1')]
    expect((await choose(located(all, { formerly }), store)).name).toBe(formerly.name)
    expect((await choose(located(all), store)).name).toBe('one.example/app:1')
  })
})

/** Tests `Windlass.copy`: names, options, events, credentials, results and cancellation. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { emptySnapshot, reduce } from '../../lib/events/index.js'
import { hostPlatform } from '../../lib/image/index.js'
import {
  type BuiltImage,
  type TestRegistry,
  buildImage,
  buildIndex,
  faults,
  putImage,
  startRegistry,
} from '../../lib/testing/index.js'
import { type OpenOptions, type Windlass, open } from '../../puller/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const work = temporaryDirectory()
let made = 0
const { os, architecture } = hostPlatform()
const imageFor = (platform: { os: string; architecture: string }): BuiltImage =>
  buildImage({
    platform,
    layers: [{ entries: [{ path: platform.architecture, content: 'x'.repeat(90_000) }] }],
  })
const here = imageFor({ os, architecture })
const other = imageFor({ os: 'linux', architecture: 's390x' })
const index = buildIndex([here, other])

interface Setting {
  readonly windlass: Windlass
  readonly from: TestRegistry
  readonly to: TestRegistry
  readonly store: string
}

async function setting(
  body: (setting: Setting) => Promise<void>,
  options: (registries: Pick<Setting, 'from' | 'to'>) => OpenOptions = () => ({}),
  auth: { readonly from?: Login; readonly to?: Login } = {},
): Promise<void> {
  const from = await startRegistry({ ...(auth.from && { auth: basic(auth.from) }) })
  const to = await startRegistry({ push: true, ...(auth.to && { auth: basic(auth.to) }) })
  const store = join(work, `store-${++made}`)
  const windlass = await open({ store, retryDelay: 1, ...options({ from, to }) })
  try {
    await putImage(from, 'team/app', '1', index)
    await body({ windlass, from, to, store })
  } finally {
    await windlass.close()
    await Promise.all([from.close(), to.close()])
  }
}

interface Login {
  readonly username: string
  readonly password: string
}
const basic = (login: Login) => ({ kind: 'basic' as const, ...login })

describe('windlass.copy', () => {
  it('copies the image for this machine and creates no store', () =>
    setting(async ({ windlass, from, to, store }) => {
      const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/mirror/app`)
      expect(await copy.done).toMatchObject({
        from: `${from.host}/team/app:1`,
        name: `${to.host}/mirror/app:latest`,
        digest: here.manifest.digest,
        status: 'newer',
      })
      await copy.closed()
      expect(existsSync(store)).toBe(false)
    }))

  it('copies an index with all its content, also to and from a layout', () =>
    setting(async ({ windlass, from, to }) => {
      const layout = `oci:${join(work, `layout-${++made}`)}:app`
      const options = { allPlatforms: true }
      const there = await windlass.copy(`${from.host}/team/app:1`, layout, options).done
      expect(there).toMatchObject({ name: layout, digest: index.manifest.digest })
      const back = await windlass.copy(layout, `${to.host}/mirror/app:2`, options).done
      expect(back).toMatchObject({ from: layout, digest: index.manifest.digest })
      expect((await windlass.resolve(`${to.host}/mirror/app:2`)).digest).toBe(index.manifest.digest)
    }))

  it('copies the image for another platform', () =>
    setting(async ({ windlass, from, to }) => {
      const platform = 'linux/s390x'
      const copied = await windlass.copy(`${from.host}/team/app:1`, `${to.host}/app`, { platform }).done
      expect(copied.digest).toBe(other.manifest.digest)
    }))

  it('writes a digest without a tag', () =>
    setting(async ({ windlass, from, to }) => {
      const { digest } = here.manifest
      const copied = await windlass.copy(`${from.host}/team/app:1`, `${to.host}/app@${digest}`).done
      expect(copied.name).toBe(`${to.host}/app@${digest}`)
      const puts = to.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest')
      expect(puts.map(({ reference }) => reference)).toEqual([digest])
      const wrong = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app@${other.manifest.digest}`).done
      await expect(wrong).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    }))

  it('emits events from start to end, also to late subscribers', () =>
    setting(async ({ windlass, from, to }) => {
      const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`)
      const events = await lastValueFrom(copy.events.pipe(toArray()))
      expect(events[0]).toMatchObject({
        ...{ type: 'start', seq: 1, pull: copy.id },
        ...{ reference: `${from.host}/team/app:1`, target: `${to.host}/app:1` },
      })
      expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
      const late = await lastValueFrom(copy.events.pipe(toArray()))
      expect(late.reduce(reduce, emptySnapshot)).toMatchObject({
        phase: 'done',
        target: `${to.host}/app:1`,
        layers: [{ status: 'copied' }, { status: 'copied' }],
        copied: { digest: here.manifest.digest, blobs: { copied: 2 } },
      })
    }))

  it('uses the credentials of the source and of the target', () => {
    const reader = { username: 'reader', password: 'of the source' }
    const writer = { username: 'writer', password: 'of the target' }
    return setting(
      async ({ windlass, from, to }) => {
        await windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`).done
        const sent = (registry: TestRegistry): string[] =>
          registry.requests.flatMap(({ headers }) => headers['authorization'] ?? [])
        const header = ({ username, password }: Login): string =>
          `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
        expect(new Set(sent(from))).toEqual(new Set([header(reader)]))
        expect(new Set(sent(to))).toEqual(new Set([header(writer)]))
      },
      ({ from, to }) => ({ credentials: { [from.host]: reader, [to.host]: writer } }),
      { from: reader, to: writer },
    )
  })

  it('names the target repository if a push is denied', () =>
    setting(
      async ({ windlass, from, to }) => {
        const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`)
        await expect(copy.done).rejects.toMatchObject({
          code: 'UNAUTHORIZED',
          message: expect.stringContaining('requires a login for "app"'),
        })
        const events = await lastValueFrom(copy.events.pipe(toArray()))
        expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'failed' })
      },
      undefined,
      { to: { username: 'writer', password: 'secret' } },
    ))

  it('leaves no open upload when it is cancelled', () =>
    setting(async ({ windlass, from, to }) => {
      const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`)
      copy.cancel()
      await expect(copy.done).rejects.toMatchObject({ code: 'CANCELLED', message: 'The copy was cancelled' })
      await copy.closed()
      const stop = new AbortController()
      stop.abort()
      const aborted = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`, { signal: stop.signal })
      await expect(aborted.done).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(to.openUploads).toBe(0)
    }))

  it('is cancelled when the puller is closed', () =>
    setting(async ({ windlass, from, to }) => {
      const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`)
      await windlass.close()
      await expect(copy.done).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(() => windlass.copy('a', 'b')).toThrow(expect.objectContaining({ code: 'USAGE' }))
    }))

  it('refuses invalid names and options before any network traffic', () =>
    setting(async ({ windlass, from, to }) => {
      const code = (expected: string): unknown => expect.objectContaining({ code: expected })
      const copy =
        (a: string, b: string, options: object = {}) =>
        () =>
          windlass.copy(a, b, options)
      expect(copy('No Name', 'b')).toThrow(code('REFERENCE_INVALID'))
      expect(copy('a', 'No Name')).toThrow(code('REFERENCE_INVALID'))
      expect(copy('a', 'oci:dir:@0')).toThrow(code('USAGE'))
      expect(copy('a', 'b', { platform: 'x' })).toThrow(code('PLATFORM_INVALID'))
      expect(copy('a', 'b', { allPlatforms: true, platform: 'linux/arm64' })).toThrow(code('USAGE'))
      expect(copy('a', 'b', { allplatforms: true })).toThrow(code('USAGE'))
      expect(copy('a', 7 as unknown as string)).toThrow(code('USAGE'))
      expect([...from.requests, ...to.requests]).toEqual([])
    }))

  it('refuses to copy what belongs to an image to a place for one image', () =>
    setting(async ({ windlass, from }) => {
      const copy = () => windlass.copy(`${from.host}/team/app:1`, 'docker-archive:/x', { referrers: true })
      expect(copy).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
      expect(copy).toThrow(/^Cannot copy what belongs to an image to docker-archive:/)
      expect(from.requests).toEqual([])
    }))

  it('leaves nothing of an archive that it cannot complete', () =>
    setting(async ({ windlass, from }) => {
      const directory = join(work, `archive-${++made}`)
      mkdirSync(directory)
      from.addFault(faults.status(404, { reference: here.layers[0]!.digest, times: Infinity }))
      const copy = windlass.copy(`${from.host}/team/app:1`, `oci-archive:${directory}/app.tar`)
      await expect(copy.done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
      await copy.closed()
      expect(readdirSync(directory)).toEqual([])
    }))

  it('obeys a limit that was changed, and reports its requests if the puller does', () =>
    setting(
      async ({ windlass, from, to }) => {
        let [running, most] = [0, 0]
        from.hook(async ({ kind }) => {
          if (kind !== 'blob') return undefined
          most = Math.max(most, ++running)
          await new Promise((resolve) => setTimeout(resolve, 30))
          running--
          return undefined
        })
        windlass.limits.set({ maxDownloads: 1 })
        const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/app:1`)
        const events = lastValueFrom(copy.events.pipe(toArray()))
        await copy.done
        expect(most).toBe(1)
        expect((await events).some(({ type }) => type === 'request')).toBe(true)
      },
      () => ({ requestEvents: true }),
    ))
})

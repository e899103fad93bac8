import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import type { ImageFile } from '../../../pipelines/index.js'
import { imageHandlers, type ImageParts } from '../../../server/api/images.js'

const file = (path: string, more: Partial<ImageFile> = {}): ImageFile =>
  ({ path, type: 'file', size: 1, mode: 0o644, layer: 'sha256:b', ...more }) as ImageFile

/** The handlers over images and files that the test names. */
function handlersOf({
  files = [] as readonly ImageFile[],
  images = [] as readonly object[],
  remove = vi.fn((name: string) => Promise.resolve({ name, digest: 'sha256:d' })),
} = {}) {
  const listed = vi.fn<(...asked: unknown[]) => Iterator<ImageFile>>(() => files.values())
  const append = vi.fn()
  const handlers = imageHandlers({
    windlass: { files: listed, remove },
    feed: { append },
    view: {
      images: () => Promise.resolve({ images }),
      layersOf: () => Promise.resolve(['sha256:a', 'sha256:b']),
    },
  } as unknown as ImageParts)
  const routes = new Hono()
  routes.get('/files', async (context) => {
    const { image = '', path, find } = context.req.query()
    return context.json(
      (await handlers.listFiles({ query: { image, path, find }, context } as never)) as object,
    )
  })
  routes.delete('/images', async (context) => {
    const result = await handlers.removeImage({ query: context.req.query(), context } as never)
    return result instanceof Response ? result : context.json(result as object)
  })
  const get = async (query: string) =>
    (await (await routes.request(`/files?${query}`)).json()) as { files: object[]; isCut: boolean }
  const removed = (image: string) => routes.request(`/images?image=${image}`, { method: 'DELETE' })
  return { get, removed, listed, append, remove, routes }
}

describe('the files of an image', () => {
  it('have the number of their layer from the base on, 0 without one, and the target of a link', async () => {
    const files = [
      file('/a', { layer: 'sha256:a' as never }),
      file('/b', { type: 'symlink', linkTarget: '/a' } as never),
      file('/c', { layer: undefined as never }),
    ]
    const { get, listed } = handlersOf({ files })
    expect(await get('image=app')).toEqual({
      files: [
        { path: '/a', type: 'file', size: 1, mode: 0o644, layer: 1 },
        { path: '/b', type: 'symlink', size: 1, mode: 0o644, layer: 2, target: '/a' },
        { path: '/c', type: 'file', size: 1, mode: 0o644, layer: 0 },
      ],
      isCut: false,
    })
    expect(listed.mock.calls[0]).toMatchObject(['app', { path: '/', recursive: false }])
  })

  it('are no longer looked for when the client has gone', async () => {
    const { routes, listed } = handlersOf()
    const client = new AbortController()
    await routes.request(new Request('http://w/files?image=app&path=/etc', { signal: client.signal }))
    const [, { path, signal }] = listed.mock.calls[0] as [string, { path: string; signal: AbortSignal }]
    client.abort()
    expect([path, signal.aborted]).toEqual(['/etc', true])
  })

  it.each([
    ['a directory', '', 10_000],
    ['what was found', '&find=f', 500],
  ])('of %s are cut if there are more than a maximum', async (_, find, max) => {
    const all = Array.from({ length: max + 1 }, (_unused, at) => file(`/f${at}`))
    const whole = await handlersOf({ files: all.slice(1) }).get(`image=app${find}`)
    expect([whole.files.length, whole.isCut]).toEqual([max, false])
    const cut = await handlersOf({ files: all }).get(`image=app${find}`)
    expect([cut.files.length, cut.isCut]).toEqual([max, true])
  })

  it('are found by a part of their path, in all directories', async () => {
    const { get, listed } = handlersOf({ files: [file('/etc/motd'), file('/etc/issue')] })
    expect((await get('image=app&find=c/mo')).files).toMatchObject([{ path: '/etc/motd' }])
    expect(listed.mock.calls[0]![1]).toMatchObject({ recursive: true })
  })
})

describe('the removal of an image', () => {
  const images = [
    { name: 'app:1', entry: 'one', usedBy: ['p1', 'p2'] },
    { entry: 'two', usedBy: ['p3'] },
    { name: 'app:3', entry: 'three', usedBy: [] },
  ]

  it.each([
    ['app:1', 'p1'],
    ['one', 'p1'],
    ['two', 'p3'],
  ])('is refused while a pull uses it (%s)', async (name, pull) => {
    const { removed, remove, append } = handlersOf({ images })
    const response = await removed(name)
    expect([response.status, await response.json()]).toEqual([
      409,
      {
        error: {
          code: 'USAGE',
          message: `The image is used by the pull ${pull}`,
          hint: 'Wait for the pull to end, or cancel it.',
        },
      },
    ])
    expect([remove.mock.calls, append.mock.calls]).toEqual([[], []])
  })

  it('returns the name with what it referred to, and tells watchers', async () => {
    const { removed, append } = handlersOf({ images })
    expect(await (await removed('app:3')).json()).toEqual({ name: 'app:3', digest: 'sha256:d' })
    expect(append.mock.calls).toEqual([[{ type: 'images', at: expect.any(Number) as number }]])
  })

  it('tells watchers nothing if it fails', async () => {
    const { removed, append } = handlersOf({ remove: vi.fn(() => Promise.reject(new Error('locked'))) })
    expect((await removed('app:3')).status).toBe(500)
    expect(append).not.toHaveBeenCalled()
  })
})

import { describe, expect, it } from 'vitest'
import { pageRoutes } from '../../../server/page/page-files.js'

const routes = pageRoutes()

describe('the files of the page', () => {
  it('are the document, and what it names, each with its type', async () => {
    const page = await routes.request('/')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const names = [...(await page.text()).matchAll(/\/ui\/([\w.-]+)/g)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(2)
    const types = new Set<string | null>()
    for (const name of names) {
      const file = await routes.request(`/ui/${name}`)
      expect([name, file.status]).toEqual([name, 200])
      types.add(file.headers.get('content-type'))
    }
    expect([...types]).toEqual(
      expect.arrayContaining(['text/javascript; charset=utf-8', 'text/css; charset=utf-8', 'image/svg+xml']),
    )
  })

  it('are asked for each time, and not sent again while they are the same', async () => {
    const first = await routes.request('/')
    const etag = first.headers.get('etag')!
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const second = await routes.request('/', { headers: { 'if-none-match': etag } })
    expect([second.status, second.headers.get('etag'), await second.text()]).toEqual([304, etag, ''])
    const other = await routes.request('/', { headers: { 'if-none-match': '"other"' } })
    expect([other.status, (await other.text()).length > 0]).toEqual([200, true])
  })

  it.each(['nothing.js', '.env', '%2e%2e%2fpackage.json', '..%2fui%2findex.html', 'a%00b', '-x'])(
    'do not include %s',
    async (name) => {
      expect((await routes.request(`/ui/${name}`)).status).toBe(404)
    },
  )
})

/** Serves the files of the page: the document, its scripts, styles and typefaces. */
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { Hono } from 'hono'

/** Directories in which the build puts the page, relative to this module: in the bundle, in the library, in a clone. */
const candidates = ['../ui/', '../../ui/', '../../dist/ui/']

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** Names of the files: letters, digits, dots and hyphens, so that no name leads out of the directory. */
const fileName = /^[a-z0-9][a-z0-9.-]*$/i

interface PageFile {
  readonly bytes: Buffer
  readonly type: string
  readonly etag: string
}

/** Returns the routes of the page. They need no token: the files contain nothing of the user. */
export function pageRoutes(): Hono {
  const routes = new Hono()
  const files = new Map<string, Promise<PageFile | undefined>>()
  const file = (name: string): Promise<PageFile | undefined> => {
    const known = files.get(name) ?? readPageFile(name)
    files.set(name, known)
    return known
  }
  const respond = async (name: string, tag: string | undefined): Promise<Response | undefined> => {
    const found = fileName.test(name) ? await file(name) : undefined
    if (!found) return undefined
    const headers = { 'content-type': found.type, 'cache-control': 'no-cache', etag: found.etag }
    if (tag === found.etag) return new Response(null, { status: 304, headers })
    return new Response(new Uint8Array(found.bytes), { headers })
  }
  routes.get('/', async (context) => {
    const page = await respond('index.html', context.req.header('if-none-match'))
    return page ?? context.text('This build of Windlass has no page. Run `npm run build`.', 404)
  })
  routes.get('/ui/:name', async (context, next) => {
    const found = await respond(context.req.param('name'), context.req.header('if-none-match'))
    if (!found) await next()
    return found
  })
  return routes
}

async function readPageFile(name: string): Promise<PageFile | undefined> {
  for (const directory of candidates) {
    const bytes = await readFile(new URL(directory + name, import.meta.url)).catch(() => undefined)
    if (!bytes) continue
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`
    return { bytes, etag, type: types[extname(name)] ?? 'application/octet-stream' }
  }
  return undefined
}

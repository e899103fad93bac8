/** The store as a registry that can only be read: `/v2/` (distribution-spec 1.1). */
import { Hono } from 'hono'
import { WindlassError } from '../../lib/errors.js'
import { securityHeaders } from '../security/headers.js'
import { boundedRate } from '../security/rate.js'
import { type RegistryAccess, registryAccess } from './access.js'
import { type BlobSender, sendBlob } from './blobs.js'
import { sendManifest, sendReferrers, sendTags } from './manifests.js'
import { problem } from './problem.js'
import { repositoriesNamed } from './repository-key.js'
import { registryTarget } from './request-path.js'
import { ServedStore } from './served-store.js'
import { UploadSlots } from './upload-slots.js'

/** Number of blobs that are sent at the same time, unless a number is given. */
export const defaultMaxUploads = 16

/** Milliseconds for which a client may take nothing of a blob. */
const stallTimeout = 60_000

/** More than for the API: a pull of 60 layers makes about 120 requests, and many may come at once. */
const defaultRate = { perSecond: 1_000, burst: 5_000 }

/** Options of a served store. */
export interface RegistryOptions {
  /** Number of blobs that are sent at the same time; more requests are answered with 429 (16). */
  readonly maxUploads?: number | undefined
  /** Milliseconds for which a client may take nothing of a blob before its connection is ended (60,000). */
  readonly stallTimeout?: number
  /** Requests of each address that are answered per second in the long run, and at once (1,000 and 5,000). */
  readonly rate?: { readonly perSecond: number; readonly burst: number }
}

/** Returns what the addresses of a server share: the store in `directory`, and the slots for its blobs. */
export const registryOf = (directory: string, options: RegistryOptions = {}): BlobSender => ({
  store: new ServedStore(directory),
  slots: new UploadSlots(options.maxUploads ?? defaultMaxUploads),
  stallTimeout: options.stallTimeout ?? stallTimeout,
  rate: options.rate ?? defaultRate,
})

/** Returns the routes of one address. They check every request themselves. */
export function registryRoutes(sender: BlobSender, access: RegistryAccess): Hono {
  const routes = new Hono()
  routes.onError((error, context) => {
    const message = error instanceof WindlassError ? error.message : 'Failed to read the store'
    return problem(context, 500, 'UNKNOWN', message)
  })
  routes.use(securityHeaders)
  routes.use(async (context, next) => {
    await next()
    context.res.headers.set('docker-distribution-api-version', 'registry/2.0')
  })
  routes.use(
    boundedRate(undefined, {
      ...sender.rate,
      refuse: (context, message) => problem(context, 429, 'TOOMANYREQUESTS', message),
    }),
  )
  routes.use(registryAccess(access))
  routes.all('*', async (context) => {
    const { method } = context.req
    if (method !== 'GET' && method !== 'HEAD')
      return problem(context, 405, 'UNSUPPORTED', 'This registry can only be read', { allow: 'GET, HEAD' })
    const target = registryTarget(new URL(context.req.url).pathname)
    if (target?.kind === 'ping') return context.json({})
    if (!target || target.kind === 'upload')
      return problem(context, 404, 'UNSUPPORTED', 'This registry has nothing at the path of the request')
    const keys = repositoriesNamed(target.name, context.req.query('ns'))
    if (keys.length === 0)
      return problem(context, 400, 'NAME_INVALID', 'The path has no name of a repository')
    const repository = await sender.store.repository(keys)
    if (!repository) return problem(context, 404, 'NAME_UNKNOWN', 'This store has no image of the repository')
    if (target.kind === 'tags') return sendTags(context, repository, target.name)
    if (target.kind === 'referrers') return sendReferrers(context, repository, target.reference)
    if (target.kind === 'manifest') return sendManifest(context, sender.store, repository, target.reference)
    return sendBlob(context, sender, repository, target.reference)
  })
  return routes
}

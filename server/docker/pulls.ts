/** `POST /images/create`: pulls an image, or all tags of a repository, and sends Docker's lines. */
import type { Context } from 'hono'
import { asWindlassError } from '../../lib/errors.js'
import { DockerLines, statusLine } from '../../lib/events/docker-lines.js'
import { dockerMessage } from '../../lib/events/docker-names.js'
import { isDigest, parseReference } from '../../lib/image/index.js'
import type { Pull, PullOptions } from '../../puller/index.js'
import type { ServerParts } from '../api/routes.js'
import type { DockerRoutes } from './bindings.js'
import { DockerError, dockerFailure } from './failure.js'
import { LineStream } from './line-stream.js'
import { credentialsOfHeader } from './registry-auth.js'

/** Milliseconds between two lines about the time until the next attempt. */
const countdown = 1_000

/** What a request asks for. */
interface Order {
  /**
   * The image, or the repository for all of its tags, with its registry: for Docker, a name without one is always of Docker
   * Hub.
   */
  readonly image: string
  /** The same for messages, as Docker writes it. */
  readonly familiar: string
  readonly allTags: boolean
  readonly platform: string | undefined
  readonly options: Pick<PullOptions, 'credentials'>
}

/** Adds the route. */
export function pullRoutes(routes: DockerRoutes, parts: ServerParts): void {
  routes.post('/images/create', (context) => {
    const order = orderOf(context)
    const gone = context.req.raw.signal
    return order.allTags ? pullAllTags(context, order, parts, gone) : pullOne(context, order, parts, gone)
  })
}

function orderOf(context: Context): Order {
  const { fromImage = '', fromSrc = '', tag = '', platform = '' } = context.req.query()
  if (fromSrc !== '')
    throw new DockerError(
      501,
      'This server pulls images and does not import file systems. `docker load` takes archives of images.',
    )
  if (fromImage === '') throw new DockerError(400, 'invalid reference format')
  const selector = tag === '' ? '' : isDigest(tag) || tag.includes(':') ? `@${tag}` : `:${tag}`
  const reference = parseReference(fromImage.replace(/:$/, '') + selector)
  const credentials = credentialsOfHeader(context.req.header('x-registry-auth'))
  return {
    image: reference.toString(),
    familiar: reference.familiar(),
    allTags: reference.tag === undefined && reference.digest === undefined,
    platform: platform === '' ? undefined : platform,
    options: credentials === undefined ? {} : { credentials: { [reference.registry]: credentials } },
  }
}

function pullOne(
  context: Context,
  { image, familiar, platform, options }: Order,
  { book, windlass }: ServerParts,
  gone: AbortSignal,
): Promise<Response> {
  const { pull } = book.start({ image, ...(platform !== undefined && { platform }) }, options)
  const lines = new DockerLines({ downloads: windlass.limits.get().maxDownloads })
  const cancel = (): void => pull!.cancel()
  const stream = new LineStream(cancel)
  gone.addEventListener('abort', cancel, { once: true })
  return new Promise((resolve) => {
    const timer = setInterval(() => stream.push(lines.linesAt(Date.now())), countdown)
    pull!.events.subscribe((event) => {
      // A failure before the first line has a status of its own.
      if (event.type === 'end' && event.error && !lines.hasBegun)
        void pull!.done.catch((error: unknown) =>
          resolve(dockerFailure(context, error, familiar, platformOf(platform))),
        )
      stream.push(lines.linesOf(event))
      if (lines.hasBegun) resolve(linesResponse(stream))
      if (event.type !== 'end') return
      clearInterval(timer)
      gone.removeEventListener('abort', cancel)
      stream.end()
      if (!event.error) resolve(linesResponse(stream))
    })
  })
}

function pullAllTags(
  context: Context,
  { image: repository, familiar, platform, options }: Order,
  { book, windlass }: ServerParts,
  gone: AbortSignal,
): Promise<Response> {
  const shared = { ...(platform !== undefined && { platform }) }
  const set = windlass.pullAllTags(repository, { ...shared, ...options, failFast: true })
  const cancel = (): void => set.cancel()
  const stream = new LineStream(cancel)
  gone.addEventListener('abort', cancel, { once: true })
  const all: DockerLines[] = []
  const timer = setInterval(() => {
    for (const lines of all) stream.push(lines.linesAt(Date.now()))
  }, countdown)
  return new Promise((resolve) => {
    const follow = (pull: Pull): void => {
      const lines = new DockerLines({ downloads: windlass.limits.get().maxDownloads, isOneOfMany: true })
      all.push(lines)
      pull.events.subscribe((event) => {
        stream.push(lines.linesOf(event))
        if (lines.hasBegun) resolve(linesResponse(stream))
        if (event.type === 'end') all.splice(all.indexOf(lines), 1)
      })
    }
    set.each.subscribe(({ name, pull }) => {
      book.adopt(pull, { image: name, ...shared })
      follow(pull)
    })
    const ended = (): void => {
      clearInterval(timer)
      gone.removeEventListener('abort', cancel)
      stream.end()
    }
    set.done.then(
      ({ name, status }) => {
        stream.push([statusLine(name, status === 'newer')])
        resolve(linesResponse(stream))
        ended()
      },
      (error: unknown) => {
        resolve(dockerFailure(context, error, familiar, platformOf(platform)))
        const message = dockerMessage(asWindlassError(error), familiar, platformOf(platform))
        stream.push([{ errorDetail: { message }, error: message }])
        ended()
      },
    )
  })
}

const platformOf = (platform: string | undefined): string => platform ?? 'this machine'

const linesResponse = ({ body }: LineStream): Response =>
  new Response(body, { headers: { 'content-type': 'application/json' } })

/** `GET /images/get` saves images as an archive, and `POST /images/load` loads one. */
import { Readable } from 'node:stream'
import type { Context } from 'hono'
import { asWindlassError } from '../../lib/errors.js'
import type { DockerLine } from '../../lib/events/docker-lines.js'
import { familiarName } from '../../lib/events/docker-names.js'
import { dockerProgress } from '../../lib/events/docker-progress.js'
import { formatPlatform } from '../../lib/image/index.js'
import type { SaveOrder } from '../../pipelines/index.js'
import type { LoadedImage, Pull } from '../../puller/index.js'
import type { ServerParts } from '../api/routes.js'
import type { DockerRoutes } from './bindings.js'
import { type DockerImage, dockerImages, findImage } from './docker-images.js'
import { DockerError, dockerFailure } from './failure.js'
import { isSet } from './is-set.js'
import { LineStream } from './line-stream.js'
import { chooseImage, platformOf } from './platforms.js'

/** Adds the routes. */
export function archiveRoutes(routes: DockerRoutes, parts: ServerParts): void {
  routes.get('/images/get', (context) => save(context, context.req.queries('names') ?? [], parts))
  routes.get('/images/:name{.+}/get', (context) => save(context, [context.req.param('name')], parts))
  routes.post('/images/load', (context) => load(context, parts))
}

async function save(
  context: Context,
  names: readonly string[],
  { windlass }: ServerParts,
): Promise<Response> {
  if (names.length === 0) throw new DockerError(400, 'no image names were given')
  const described = await windlass.content.describe()
  const images = dockerImages(described)
  const platform = context.req.query('platform')
  const orders = new Map<string, SaveOrder>()
  for (const name of names.flatMap((each) => each.split(',')))
    for (const { found, tags } of savedBy(name, images)) {
      const image = chooseImage(found, described, platform, name)
      const others = described.filter((each) => each.entry === image.entry && each !== image)
      const known = orders.get(image.imageId)?.names ?? []
      orders.set(image.imageId, {
        images: [image, ...others],
        whole: platformOf(platform) === undefined,
        names: [...new Set([...known, ...tags])],
      })
    }
  const stream = await windlass.content.save([...orders.values()], context.req.raw.signal)
  return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
    headers: { 'content-type': 'application/x-tar' },
  })
}

/** Returns the images that a word of `docker save` means, with the tags to save: for a repository, all of its tags. */
function savedBy(
  word: string,
  images: readonly DockerImage[],
): readonly { readonly found: DockerImage; readonly tags: readonly string[] }[] {
  const tagsOf = (names: DockerImage['names']): string[] =>
    names.flatMap(({ reference }) => (reference.digest === undefined ? [reference.toString()] : []))
  const inRepository = images.flatMap((found) => {
    const names = found.names.filter(({ reference }) => isRepositoryWord(word, reference))
    return names.length > 0 ? [{ found, tags: tagsOf(names) }] : []
  })
  if (inRepository.length > 0) return inRepository
  const { found, names } = findImage(word, images)
  return [{ found, tags: tagsOf(names) }]
}

const isRepositoryWord = (word: string, reference: DockerImage['names'][number]['reference']): boolean =>
  reference.digest === undefined &&
  [reference.name, reference.familiar().replace(/:[^/:]*$/, '')].includes(word)

async function load(context: Context, { windlass, feed }: ServerParts): Promise<Response> {
  const { body, signal } = context.req.raw
  if (!body) throw new DockerError(400, 'the request has no archive')
  const quiet = isSet(context.req.query('quiet'))
  const platform = platformOf(context.req.query('platform'))
  const stop = new AbortController()
  const stream = new LineStream(() => stop.abort())
  return new Promise((resolve) => {
    let begun = false
    const begin = (): void => {
      begun = true
      resolve(new Response(stream.body, { headers: { 'content-type': 'application/json' } }))
    }
    const onPull = (pull: Pull): void => {
      begin()
      if (!quiet) showLayers(pull, stream)
    }
    windlass.content
      .load(body as unknown as AsyncIterable<Uint8Array>, {
        ...{ onPull, signal: AbortSignal.any([signal, stop.signal]) },
        ...(platform && { platform: formatPlatform(platform) }),
      })
      .then(
        (images) => {
          stream.push(images.flatMap(loadedLines))
          feed.append({ type: 'images', at: Date.now() })
        },
        (error: unknown) => {
          const { message: text, hint } = asWindlassError(error)
          const message = hint === undefined ? text : `${text}. ${hint}`
          if (begun) stream.push([{ errorDetail: { message }, error: message }])
          else resolve(dockerFailure(context, error))
        },
      )
      .finally(() => stream.end())
  })
}

/** Shows the layers of an image that is loaded, in the words of dockerd. */
function showLayers(pull: Pull, stream: LineStream): void {
  pull.events.subscribe((event) => {
    if (event.type !== 'layer' || event.status !== 'extracting') return
    const { digest, current, total } = event
    const id = digest.slice('sha256:'.length).slice(0, 12)
    const progress = dockerProgress(current, total)
    stream.push([{ status: 'Loading layer', progressDetail: { current, total }, progress, id }])
  })
}

const loadedLines = ({ names, imageId }: LoadedImage): DockerLine[] =>
  names.length === 0
    ? [{ stream: `Loaded image ID: ${imageId}\n` }]
    : names.map((name) => ({ stream: `Loaded image: ${familiarName(name)}\n` }))

/** Routes for the images of the store: list, inspect, history, tag, remove, prune. */
import type { ServerParts } from '../api/routes.js'
import type { DockerRoutes } from './bindings.js'
import { dockerImages, findImage } from './docker-images.js'
import { DockerError } from './failure.js'
import { filtersOf, passes, withMatchingNames } from './filters.js'
import { list } from './image-list.js'
import { historyShape, inspectShape } from './image-shapes.js'
import { isSet } from './is-set.js'
import { chooseImage } from './platforms.js'
import { pruneImages } from './prune.js'
import { removeImage } from './remove.js'

const listFilters = ['dangling', 'label', 'reference', 'before', 'since', 'until']
const pruneFilters = ['dangling', 'label', 'label!', 'until']

/** Adds the routes. */
export function imageRoutes(routes: DockerRoutes, parts: ServerParts): void {
  const { windlass } = parts
  routes.get('/images/json', async (context) => {
    const { filters: text, filter = '', manifests, 'shared-size': shared } = context.req.query()
    const filters = new Map(filtersOf(text, listFilters))
    // The form of API versions before 1.28.
    if (filter !== '') filters.set('reference', [filter])
    const described = await windlass.content.describe()
    return context.json(
      list(described, {
        version: context.env.version,
        manifests: isSet(manifests),
        sharedSize: isSet(shared),
        keep: (each, images) => passes(each, filters, images),
        shown: (each) => withMatchingNames(each, filters),
      }),
    )
  })
  routes.get('/images/search', () => {
    throw new DockerError(404, 'This server does not search registries')
  })
  routes.get('/images/:name{.+}/json', async (context) => {
    const name = context.req.param('name')
    const described = await windlass.content.describe()
    const { found } = findImage(name, dockerImages(described))
    const image = chooseImage(found, described, context.req.query('platform'), name)
    const siblings = isSet(context.req.query('manifests'))
      ? described.filter(({ entry }) => entry === image.entry)
      : undefined
    return context.json(inspectShape(found, image, context.env.version, siblings))
  })
  routes.get('/images/:name{.+}/history', async (context) => {
    const name = context.req.param('name')
    const described = await windlass.content.describe()
    const { found } = findImage(name, dockerImages(described))
    return context.json(
      historyShape(found, chooseImage(found, described, context.req.query('platform'), name)),
    )
  })
  routes.post('/images/:name{.+}/tag', async (context) => {
    const { repo = '', tag = '' } = context.req.query()
    const { found, names } = findImage(
      context.req.param('name'),
      dockerImages(await windlass.content.describe()),
    )
    await windlass.content.tag(names[0]?.entry ?? found.image.entry, tag === '' ? repo : `${repo}:${tag}`)
    parts.feed.append({ type: 'images', at: Date.now() })
    return context.body(null, 201)
  })
  routes.post('/images/:name{.+}/push', () => {
    throw new DockerError(
      501,
      'This server does not push images. `windlass copy` copies an image to a registry.',
    )
  })
  routes.post('/images/prune', async (context) =>
    context.json(await pruneImages(filtersOf(context.req.query('filters'), pruneFilters), parts)),
  )
  routes.delete('/images/:name{.+}', async (context) => {
    const { force, noprune } = context.req.query()
    const options = { force: isSet(force), prune: !isSet(noprune) }
    return context.json(await removeImage(context.req.param('name'), options, parts))
  })
}

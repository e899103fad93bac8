/** Walks over random graphs, and over the documents of images. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DigestLink,
  type GraphDocument,
  type GraphLimits,
  type GraphLink,
  type LinkRole,
  documentLinks,
  entryLink,
  walkGraph,
} from '../../../../lib/image/index.js'
import { buildImage, buildIndex } from '../../../../lib/testing/images/index.js'

/** The links of each document, by digest. What is not in the map is missing. */
type Graph = ReadonlyMap<string, readonly GraphLink[]>

const digestOf = (at: number): string => `sha256:${String(at).padStart(64, '0')}`
const linkTo = (at: number, role: LinkRole = 'manifest'): GraphLink => ({
  role,
  descriptor: { digest: digestOf(at) },
})
const isBlob = ({ role }: GraphLink): boolean => role === 'layer' || role === 'tree'
const kindOf = ({ role }: GraphLink): string => (role === 'subject' ? 'manifest' : role)
const idOf = (link: GraphLink): string => `${kindOf(link)} ${link.descriptor.digest}`

/** Graphs of up to ten documents: with cycles, with links to themselves, with targets that are missing. */
const links = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: 11 }),
      fc.constantFrom<LinkRole>('manifest', 'manifest', 'manifest', 'subject', 'config', 'layer', 'tree'),
    )
    .map(([at, role]) => linkTo(at, role)),
  { maxLength: 5 },
)
const graphs: fc.Arbitrary<Graph> = fc
  .array(links, { maxLength: 10 })
  .map((documents) => new Map(documents.map((each, at) => [digestOf(at), each])))
const starts = fc.array(
  fc.integer({ min: 0, max: 10 }).map((at) => linkTo(at)),
  { minLength: 1, maxLength: 3 },
)
const runs = { numRuns: 500 }

async function toList<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) {
    list.push(item)
    if (list.length > 1_000) throw new Error('It does not end')
  }
  return list
}

/** A walk that records which documents are read. The size of each document in bytes is the number in its digest. */
function walked(graph: Graph, from: readonly GraphLink[], limits: GraphLimits = {}) {
  const read: string[] = []
  const nodes = walkGraph<GraphLink, string>(from, {
    limits,
    reference: 'app',
    read: async ({ link }): Promise<GraphDocument<GraphLink, string> | undefined> => {
      const { digest } = link.descriptor
      read.push(digest)
      const found = graph.get(digest)
      await Promise.resolve()
      return found && { links: found, content: `content of ${digest}`, bytes: bytesOf(link) }
    },
  })
  return { nodes, read }
}

const bytesOf = ({ descriptor: { digest } }: GraphLink): number => Number(digest.slice('sha256:'.length))

/** Finds everything reachable without a walk: adds the links of all found documents until nothing new is found. */
function reachable(graph: Graph, from: readonly GraphLink[]): string[] {
  const found = new Map(from.map((link) => [idOf(link), link]))
  for (let before = -1; before < found.size;) {
    before = found.size
    for (const link of [...found.values()])
      if (!isBlob(link))
        for (const next of graph.get(link.descriptor.digest) ?? []) found.set(idOf(next), next)
  }
  return [...found.keys()].sort()
}

/** Visits the documents by recursion, in the order that the documentation of `walkGraph` promises. */
function inOrder(graph: Graph, from: readonly GraphLink[], seen = new Set<string>()): string[] {
  for (const link of from) {
    if (seen.has(idOf(link))) continue
    seen.add(idOf(link))
    if (!isBlob(link)) inOrder(graph, graph.get(link.descriptor.digest) ?? [], seen)
  }
  return [...seen]
}

describe('a walk over a random graph', () => {
  it('yields everything that can be reached exactly once, and ends although there are cycles', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, starts, async (graph, from) => {
        const { nodes, read } = walked(graph, from)
        const found = (await toList(nodes)).map(({ link }) => idOf(link))
        expect(new Set(found).size).toBe(found.length)
        expect([...found].sort()).toEqual(reachable(graph, from))
        const documents = found.filter((id) => !/^(layer|tree) /.test(id))
        expect(read).toEqual(documents.map((id) => id.replace(/^\w+ /, '')))
      }),
      runs,
    )
  })

  it('yields a document before its references, and everything reachable from one link before the next link', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, starts, async (graph, from) => {
        const found = (await toList(walked(graph, from).nodes)).map(({ link }) => idOf(link))
        expect(found).toEqual(inOrder(graph, from))
      }),
      runs,
    )
  })

  it('sets the path, the depth and, for a document, the content of each node', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, starts, async (graph, from) => {
        for await (const node of walked(graph, from).nodes) {
          const { path } = node
          expect(path.at(-1)).toBe(node)
          expect(node.depth).toBe(path.length - 1)
          expect(path[0]?.parent).toBeUndefined()
          for (const [at, each] of path.entries()) {
            const { digest } = each.link.descriptor
            const isRead = !isBlob(each.link) && graph.has(digest)
            expect(each.content).toBe(isRead ? `content of ${digest}` : undefined)
            if (at > 0) expect(graph.get(path[at - 1]!.link.descriptor.digest)).toContain(each.link)
          }
        }
      }),
      runs,
    )
  })

  it('reads only what the caller requests, and nothing after the caller stops', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, starts, fc.nat({ max: 12 }), async (graph, from, enough) => {
        const { nodes, read } = walked(graph, from)
        let [documents, count] = [0, 0]
        expect(read).toEqual([])
        for await (const { link } of nodes) {
          if (!isBlob(link)) documents += 1
          count += 1
          expect(read).toHaveLength(documents)
          if (count > enough) break
        }
        expect(read).toHaveLength(documents)
      }),
      runs,
    )
  })

  it('stops if a limit is exceeded, and names the document', async () => {
    const some = fc.record({
      indexDepth: fc.integer({ min: 0, max: 4 }),
      documents: fc.integer({ min: 1, max: 8 }),
      bytes: fc.integer({ min: 0, max: 30 }),
    })
    const one = fc.oneof(
      some.map(({ indexDepth }) => ({ indexDepth })),
      some.map(({ documents }) => ({ documents })),
      some.map(({ bytes }) => ({ bytes })),
      some,
    )
    await fc.assert(
      fc.asyncProperty(graphs, starts, one, async (graph, from, limits: GraphLimits) => {
        const { indexDepth = Infinity, documents = Infinity, bytes = Infinity } = limits
        const all = await toList(walked(graph, from).nodes)
        const exceeds = (at: number): boolean => {
          const here = all.slice(0, at + 1).filter(({ link }) => !isBlob(link))
          const { link, depth } = all[at]!
          if (isBlob(link)) return false
          const sum = here.reduce(
            (total, node) => total + (node.content === undefined ? 0 : bytesOf(node.link)),
            0,
          )
          return (link.role !== 'config' && depth > indexDepth) || here.length > documents || sum > bytes
        }
        const last = all.findIndex((_, at) => exceeds(at))
        const found: string[] = []
        const { nodes, read } = walked(graph, from, limits)
        const error: unknown = await (async () => {
          for await (const { link } of nodes) found.push(idOf(link))
          return undefined
        })().catch((reason: unknown) => reason)
        expect(found).toEqual(all.slice(0, last < 0 ? all.length : last).map(({ link }) => idOf(link)))
        expect(read.length).toBeLessThanOrEqual(documents)
        const digest = all[last]?.link.descriptor.digest
        expect(error).toEqual(
          digest &&
            expect.objectContaining({
              code: 'LIMIT_EXCEEDED',
              message: expect.stringContaining(digest) as string,
              subject: { digest, reference: 'app' },
            }),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('follows only the links that the caller selects', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, starts, fc.func(fc.boolean()), async (graph, from, wanted) => {
        const isWanted = (link: GraphLink): boolean => wanted(idOf(link))
        const asked: GraphLink[] = []
        const nodes = walkGraph(from, {
          read: ({ link }) => {
            const found = graph.get(link.descriptor.digest)
            return found && { links: found }
          },
          follow: async (link, { link: { descriptor } }) => {
            expect(graph.get(descriptor.digest)).toContain(link)
            asked.push(link)
            return Promise.resolve(isWanted(link))
          },
        })
        const found = await toList(nodes)
        const filtered = new Map([...graph].map(([digest, each]) => [digest, each.filter(isWanted)]))
        expect(found.map(({ link }) => idOf(link))).toEqual(inOrder(filtered, from))
        const read = found.filter(({ link }) => !isBlob(link))
        const all = read.flatMap(({ link }) => graph.get(link.descriptor.digest) ?? [])
        expect(asked.map(idOf).sort()).toEqual(all.map(idOf).sort())
      }),
      runs,
    )
  })
})

describe('a walk', () => {
  const graph = (...documents: (readonly GraphLink[])[]): Graph =>
    new Map(documents.map((each, at) => [digestOf(at), each]))

  it('reads a manifest that another document has as a layer', async () => {
    const documents = graph([linkTo(1, 'layer'), linkTo(1)], [linkTo(2, 'layer')])
    const found = await toList(walked(documents, [linkTo(0)]).nodes)
    expect(found.map(({ link }) => idOf(link))).toEqual(
      [linkTo(0), linkTo(1, 'layer'), linkTo(1), linkTo(2, 'layer')].map(idOf),
    )
  })

  it('visits a target once for each key that the caller returns', async () => {
    const entries = ['amd64', 'arm64', 'amd64'].map((architecture) => ({
      ...entryLink({ digest: digestOf(1) }),
      architecture,
    }))
    const nodes = walkGraph([{ ...entryLink({ digest: digestOf(0) }), architecture: '' }], {
      read: ({ parent }) => ({ links: parent ? [] : entries }),
      key: ({ descriptor, architecture }) => `${descriptor.digest} ${architecture}`,
    })
    const found = await toList(nodes)
    expect(found.map(({ link }) => link.architecture)).toEqual(['', 'amd64', 'arm64'])
  })

  it('follows a chain of documents of any length', async () => {
    const length = 20_000
    const chain = graph(...Array.from({ length }, (_, at) => [linkTo(at + 1)]))
    let depth = 0
    for await (const node of walked(chain, [linkTo(0)]).nodes) ({ depth } = node)
    expect(depth).toBe(length)
  })

  it('rejects with the error of the reader', async () => {
    const broken = new Error('broken')
    const nodes = walkGraph([linkTo(0)], { read: () => Promise.reject(broken) })
    await expect(toList(nodes)).rejects.toBe(broken)
  })

  it('has a hint for a limit that users can raise', async () => {
    const { nodes } = walked(graph([linkTo(1)], [linkTo(2)]), [linkTo(0)], { indexDepth: 1 })
    await expect(toList(nodes)).rejects.toMatchObject({
      message: `The indexes of app are nested 2 levels deep at ${digestOf(2)}, more than the limit indexDepth (1)`,
      hint: expect.stringContaining('--limit indexDepth=N') as string,
    })
  })

  it('goes from an index to manifests, configs and layers, each once', async () => {
    const [amd, arm] = ['amd64', 'arm64'].map((architecture) =>
      buildImage({
        layers: [{ entries: [{ path: 'base' }] }, { entries: [{ path: architecture }] }],
        platform: { os: 'linux', architecture },
      }),
    ) as [ReturnType<typeof buildImage>, ReturnType<typeof buildImage>]
    const index = buildIndex([amd, arm])
    const documents = new Map(
      [index.manifest, amd.manifest, arm.manifest].map(({ digest, bytes }) => [digest as string, bytes]),
    )
    const nodes = walkGraph<DigestLink>([entryLink({ digest: index.manifest.digest })], {
      read: ({ link }) => {
        const bytes = documents.get(link.descriptor.digest)
        return bytes && { links: documentLinks(JSON.parse(bytes.toString()) as Record<string, unknown>) }
      },
    })
    const found = (await toList(nodes)).map(({ link, depth }) => [link.role, link.descriptor.digest, depth])
    const [base, own] = amd.layers
    expect(found).toEqual([
      ['manifest', index.manifest.digest, 0],
      ['manifest', amd.manifest.digest, 1],
      ['config', amd.config.digest, 2],
      ['layer', base?.digest, 2],
      ['layer', own?.digest, 2],
      ['manifest', arm.manifest.digest, 1],
      ['config', arm.config.digest, 2],
      ['layer', arm.layers[1]?.digest, 2],
    ])
  })
})

/**
 * Walks the graph of an image: from an index or a manifest to everything that it references. No other code follows
 * references from document to document. The caller provides the function that reads a document, and may select the
 * references to follow.
 */
import { type GraphLink, type LinkRole, isManifestLink } from './document-links.js'
import { GraphBudget, type GraphLimits } from './graph-limits.js'
import { GraphNode } from './graph-node.js'

/** A document as the reader of a walk returns it. */
export interface GraphDocument<Link extends GraphLink = GraphLink, Content = undefined> {
  /** The references in the document, in order. */
  readonly links: Iterable<Link>
  /** Any value that the caller needs later. It becomes the `content` of the node. */
  readonly content?: Content
  /** Size of the document in bytes, which counts towards the limit `bytes` (default 0). */
  readonly bytes?: number
}

/** Options of `walkGraph`: how to read documents, and which references to follow. */
export interface GraphWalk<Link extends GraphLink = GraphLink, Content = undefined> {
  /**
   * Reads the document of a node. Returns undefined if it is missing or should not be read: it then has no references.
   */
  read(
    node: GraphNode<Link, Content>,
  ): GraphDocument<Link, Content> | undefined | Promise<GraphDocument<Link, Content> | undefined>
  /**
   * Reports whether to visit the target of a link (default: always). Called for each link in order, also if its target
   * has already been visited. Not called for `starts`.
   */
  follow?(link: Link, from: GraphNode<Link, Content>): boolean | Promise<boolean>
  /** Returns a key that identifies the target of a link among all targets of that role (default: its digest). */
  key?(link: Link): string
  /** Limits of the walk (default: none). */
  readonly limits?: GraphLimits
  /** Name of the image in errors. */
  readonly reference?: string
}

/** Roles whose targets are blobs, which reference nothing. */
const blobRoles: readonly LinkRole[] = ['layer', 'tree']

/**
 * Yields everything that is reachable from `starts`, depth-first: a document before its references, and everything
 * reachable from one link before the next link. Each node is yielded once, for the first link that leads to it, so the
 * walk ends even if documents reference each other in a cycle.
 *
 * A document is read when the caller requests its node, just before the node is yielded. Layers and trees are not
 * read.
 * @throws LIMIT_EXCEEDED with the digest of the document that exceeds a limit; errors of `read` and `follow`
 *
 * @example
 * const read = async ({ link }: GraphNode) => ({ links: documentLinks(await fetchJson(link.descriptor.digest)) })
 * for await (const { link } of walkGraph([entryLink(descriptor)], { read })) console.log(link.role)
 */
export async function* walkGraph<Link extends GraphLink = GraphLink, Content = undefined>(
  starts: Iterable<Link>,
  walk: GraphWalk<Link, Content>,
): AsyncGenerator<GraphNode<Link, Content>, void, undefined> {
  const visited = new Set<string>()
  const budget = new GraphBudget(walk.limits, walk.reference)
  // The documents that lead to the current node, outermost first, each with its links that are not followed yet.
  const open: OpenDocument<Link, Content>[] = [{ node: undefined, links: starts[Symbol.iterator]() }]
  for (let from = open.at(-1); from; from = open.at(-1)) {
    const { done, value: link } = from.links.next() as IteratorResult<Link, undefined>
    if (done === true) {
      open.pop()
      continue
    }
    if (from.node && (await walk.follow?.(link, from.node)) === false) continue
    const key = `${visitRoleOf(link)} ${walk.key?.(link) ?? link.descriptor.digest}`
    if (visited.has(key)) continue
    visited.add(key)
    const unread = new GraphNode<Link, Content>(link, from.node)
    const document = blobRoles.includes(link.role) ? undefined : await readWithin(budget, walk, unread)
    const node = document ? new GraphNode(link, from.node, document.content) : unread
    yield node
    if (document) open.push({ node, links: document.links[Symbol.iterator]() })
  }
}

/**
 * Returns the role that identifies a node together with its digest. One blob may be a layer of one image and a
 * manifest of another. Only the manifest has references, so these are two nodes. A `subject` is the same node as a
 * `manifest`.
 */
const visitRoleOf = (link: GraphLink): LinkRole => (isManifestLink(link) ? 'manifest' : link.role)

/** A document whose links are being followed. */
interface OpenDocument<Link extends GraphLink, Content> {
  /** Undefined for the list of starts. */
  readonly node: GraphNode<Link, Content> | undefined
  readonly links: Iterator<Link, unknown>
}

async function readWithin<Link extends GraphLink, Content>(
  budget: GraphBudget,
  walk: GraphWalk<Link, Content>,
  node: GraphNode<Link, Content>,
): Promise<GraphDocument<Link, Content> | undefined> {
  budget.countDocument(node.link, node.depth)
  const document = await walk.read(node)
  budget.countBytes(node.link, document?.bytes ?? 0)
  return document
}

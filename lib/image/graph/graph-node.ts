/** The nodes of a walk through an image graph. */
import type { GraphLink } from './document-links.js'

/** A document or blob that a walk has reached. */
export class GraphNode<Link extends GraphLink = GraphLink, Content = undefined> {
  /** Number of documents that lead to this node: 0 for a start of the walk. */
  readonly depth: number

  constructor(
    /** The link that the walk followed. */
    readonly link: Link,
    /** The node of the document that contains the link; undefined for a start of the walk. */
    readonly parent: GraphNode<Link, Content> | undefined,
    /**
     * Content of the document, as `GraphWalk.read` returned it; undefined for a blob, and before the document is read.
     */
    readonly content?: Content,
  ) {
    this.depth = parent ? parent.depth + 1 : 0
  }

  /** The nodes from a start to this one, which is the last. */
  get path(): readonly GraphNode<Link, Content>[] {
    const path: GraphNode<Link, Content>[] = [this]
    for (let { parent } = this; parent; { parent } = parent) path.push(parent)
    return path.reverse()
  }
}

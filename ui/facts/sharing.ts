/** Orders images so that those with the same base stand together, and finds the blocks of layers that they share. */
import type { StoredImage } from '../../lib/api/shapes.js'

/** A layer in the picture: it spans the rows of the images that have it at this place above the same base. */
export interface SharingBlock {
  readonly digest: string
  readonly size: number
  /** First row, and number of rows. */
  readonly row: number
  readonly rows: number
  /** Number of the layer, from 0. */
  readonly depth: number
  /** Index of the block below it; -1 for a base. */
  readonly below: number
  /** Letter of a layer that stands in several blocks, because the images have it above different bases. */
  readonly letter?: string
}

/** The picture: images in the order of its rows, and its blocks. */
export interface Sharing {
  readonly images: readonly StoredImage[]
  readonly blocks: readonly SharingBlock[]
}

interface Node {
  readonly digest: string
  readonly size: number
  readonly children: Map<string, Node>
  /** Images that end at this layer. */
  readonly ends: StoredImage[]
  /** Position of its first image in the given order. */
  readonly first: number
}

/** Returns the picture of `images`. Otherwise the order is the given one. */
export function sharingOf(images: readonly StoredImage[]): Sharing {
  const root: Node = { digest: '', size: 0, children: new Map(), ends: [], first: 0 }
  images.forEach((image, position) => {
    let node = root
    for (const { digest, size } of image.layers) {
      const next = node.children.get(digest) ?? {
        digest,
        size,
        children: new Map(),
        ends: [],
        first: position,
      }
      node.children.set(digest, next)
      node = next
    }
    node.ends.push(image)
  })
  const ordered: StoredImage[] = []
  const blocks: SharingBlock[] = []
  const visit = (node: Node, depth: number, below: number): void => {
    const index = blocks.length
    const row = ordered.length
    if (node !== root) blocks.push({ digest: node.digest, size: node.size, row, rows: 0, depth, below })
    ordered.push(...node.ends)
    const own = node === root ? -1 : index
    for (const child of [...node.children.values()].sort((a, b) => a.first - b.first))
      visit(child, depth + 1, own)
    if (node !== root) blocks[index] = { ...blocks[index]!, rows: ordered.length - row }
  }
  visit(root, -1, -1)
  return { images: ordered, blocks: lettered(blocks) }
}

/** Gives a letter to each layer that stands in several blocks. */
function lettered(blocks: readonly SharingBlock[]): readonly SharingBlock[] {
  const counts = new Map<string, number>()
  for (const { digest } of blocks) counts.set(digest, (counts.get(digest) ?? 0) + 1)
  const letters = new Map<string, string>()
  for (const [digest, count] of counts)
    if (count > 1) letters.set(digest, String.fromCodePoint(65 + (letters.size % 26)))
  return blocks.map((block) => {
    const letter = letters.get(block.digest)
    return letter === undefined ? block : { ...block, letter }
  })
}

/** A block with its pixels. */
export interface PlacedBlock extends SharingBlock {
  readonly x: number
  readonly width: number
}

/** Smallest width of a block, in pixels. */
const least = 74

/** Places the blocks on `width` pixels: larger layers are wider, not to scale. */
export function placeBlocks(blocks: readonly SharingBlock[], width: number): readonly PlacedBlock[] {
  const chain = (index: number): readonly SharingBlock[] => {
    const found: SharingBlock[] = []
    for (let at = index; at >= 0; at = blocks[at]!.below) found.push(blocks[at]!)
    return found
  }
  let [factor, minimum] = [Infinity, least]
  blocks.forEach((_, index) => {
    const below = chain(index)
    minimum = Math.min(minimum, Math.floor(width / below.length))
  })
  blocks.forEach((_, index) => {
    const below = chain(index)
    const roots = below.reduce((sum, { size }) => sum + Math.sqrt(size), 0)
    factor = Math.min(factor, Math.max(0, width - minimum * below.length) / Math.max(1, roots))
  })
  // A picture of few small layers needs not fill the width.
  const most = 190 / Math.sqrt(Math.max(1, ...blocks.map(({ size }) => size)))
  const scale = Math.min(factor, most * 1.6)
  const placed: PlacedBlock[] = []
  for (const block of blocks) {
    const below = placed[block.below]
    placed.push({
      ...block,
      x: below ? below.x + below.width : 0,
      width: minimum + Math.sqrt(block.size) * scale,
    })
  }
  return placed
}

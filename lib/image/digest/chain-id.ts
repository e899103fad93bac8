/**
 * ChainIDs: what a stack of layers is known by, from the base up to each layer.
 */
import { type Digest, digestOf } from './digest.js'

/**
 * The chainID of each prefix of `diffIDs` (base first): ChainID(1) = diffID(1),
 * ChainID(n) = sha256("ChainID(n−1) diffID(n)") (image-spec config.md).
 */
export function chainIDs(diffIDs: readonly Digest[]): Digest[] {
  const chain: Digest[] = []
  for (const diffID of diffIDs) {
    const parent = chain.at(-1)
    chain.push(parent === undefined ? diffID : digestOf(Buffer.from(`${parent} ${diffID}`)))
  }
  return chain
}

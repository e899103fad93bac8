/** Computes chainIDs, which identify a layer together with all layers below it. */
import { type Digest, digestOf } from './digest.js'

/**
 * Returns the chainID of each prefix of `diffIDs`, base layer first: ChainID(1) = diffID(1),
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

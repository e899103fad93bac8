/** Splits names of images for display: registry and path are pale, the last part with its tag is bold. */

/** A name in two parts. */
export interface SplitName {
  readonly pale: string
  readonly bold: string
}

/** Splits `ghcr.io/acme/train:1`. Docker Hub's library is left out, as people write it. */
export function splitName(name: string): SplitName {
  const short = name.replace(/^docker\.io\/library\//, '').replace(/^docker\.io\//, '')
  const tag = /[:@][^/]*$/.exec(short)?.index ?? short.length
  const slash = short.lastIndexOf('/', tag) + 1
  const bold = short.slice(slash).replace(/@(\w+):([0-9a-f]{12})[0-9a-f]+$/, '@$1:$2')
  return { pale: short.slice(0, slash), bold }
}

/** The last part without its tag or digest: `train`. */
export const shortName = (name: string): string => splitName(name).bold.replace(/[:@].*$/, '')

/** Registry of a normalised name: `ghcr.io`. */
export const registryOf = (name: string): string => {
  const [first = ''] = name.split('/')
  return name.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io'
}

/** The annotations of a container that come from the config of its image (image-spec, conversion.md, "Annotation Fields"). */
import type { ImageConfig } from '../../image/index.js'

const prefix = 'org.opencontainers.image.'

/** Returns the annotations. A label has precedence over the annotation of the same key. Empty values are left out. */
export function imageAnnotations(image: ImageConfig): Record<string, string> {
  const { config = {}, os, architecture, variant, author, created } = image
  const fields: Readonly<Record<string, string | undefined>> = {
    os,
    architecture,
    variant,
    'os.version': image['os.version'],
    'os.features': image['os.features']?.join(','),
    author,
    created,
    stopSignal: config.StopSignal,
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).join(','),
  }
  const annotations: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== '') annotations[prefix + name] = value
  return { ...annotations, ...config.Labels }
}

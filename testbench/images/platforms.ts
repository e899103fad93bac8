/** `platforms`: an image for three platforms, each with its own small tree. */
import type { LayerRecipe } from './layer-recipe.js'

export interface PlatformRecipe {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly layers: readonly LayerRecipe[]
}

/** The images share the first layer and differ in the second. */
const layersOf = (platform: string): readonly LayerRecipe[] => [
  { feature: 'the layer of all platforms', script: 'mkdir etc usr; echo shared > etc/shared' },
  {
    feature: `the layer of ${platform}`,
    script: `mkdir -p etc usr/bin; echo ${platform} > etc/platform; ln -s ../../etc/platform usr/bin/which`,
  },
]

export const platforms: readonly PlatformRecipe[] = [
  { os: 'linux', architecture: 'amd64', layers: layersOf('linux/amd64') },
  { os: 'linux', architecture: 'arm64', variant: 'v8', layers: layersOf('linux/arm64/v8') },
  { os: 'linux', architecture: 'arm', variant: 'v7', layers: layersOf('linux/arm/v7') },
]
